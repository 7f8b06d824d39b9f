// Trains the small run that comes with the sample workspace, by ViT Lab itself, and puts it into media/sample/run.
// Run it after `npm run build`; it takes some minutes. It refuses a run below 90 % on the test images.
import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { prune } from './bundled-run.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const cli = process.argv[2] ?? path.join(root, 'dist/cli.js');
const work = await mkdtemp(path.join(os.tmpdir(), 'vit-lab-sample-'));
const media = path.join(root, 'media/sample');
const target = path.join(media, 'run/shapes-sample');

// The sample is written without its run first: that is what is made here.
await mkdir(path.join(work, 'media/run'), { recursive: true });
// Its log and the comments of its configuration ship as they are written here: in English.
const env = { ...process.env, VITLAB_LANG: 'en', VITLAB_MEDIA: path.join(work, 'media') };
const sample = path.join(work, 'sample');
execFileSync(process.execPath, [cli, 'init', sample], { env, stdio: 'inherit' });

const ended = await train();
const top1 = ended.metrics['test/top1'];
console.log(`${ended.message} test/top1 ${top1}`);
if (!(top1 >= 0.9)) throw new Error(`test/top1 is ${top1}; at least 0.9 is asked for. The run is in ${ended.run}`);

await prune(ended.run, { data: '../../images' });
await rm(target, { recursive: true, force: true });
await cp(ended.run, target, { recursive: true });
await rm(work, { recursive: true });
console.log(`Wrote ${path.relative(root, target)}`);

async function train() {
  const child = spawn(process.execPath, [cli, 'train', 'shapes.vit.yaml', '--json'], { cwd: sample, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let last;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line);
    if (last.type === 'epoch') console.log(`epoch ${last.epoch}: val/top1 ${last.metrics['val/top1'].toFixed(4)}`);
  }
  if (last?.type !== 'ended' || last.reason !== 'completed') throw new Error(`The training ended with ${JSON.stringify(last)}`);
  return last;
}
