// `node scripts/bench-data.mjs`: what the data pipeline costs.
//   --images N      the folder of the first part has so many (default 100000); it is made in .cache and removed
//   --config FILE   the recipe of the second part (default configs/cct-cifar10.yaml)
//   --set KEY=VALUE as for `vit-lab train`; may be repeated
//   --steps N       steps for each number of threads (default 65)
// First part: seconds from the start of a process to the opened dataset and to the end of the first step: nothing known of
// the folder, everything known, and a hundred images added. Second part: the share of the time in which steps wait for
// their images, by the number of threads, and how long a batch takes when nothing else computes.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { bundles } from './bundles.mjs';
import { cache, nodeProgram, projectEnv, root } from './setup.mjs';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '100000' },
    config: { type: 'string', default: 'configs/cct-cifar10.yaml' },
    set: { type: 'string', multiple: true, default: [] },
    steps: { type: 'string', default: '65' },
    part: { type: 'string', default: 'start,wait' },
  },
});
const folder = path.join(cache, 'bench');
const data = path.join(folder, 'data');
const program = path.join(folder, 'data.js');

const all = bundles({ minify: false });
await build({ ...all[1], entryPoints: ['bench/data.ts'], outfile: program });
for (const one of all.filter(({ outfile }) => /Worker\.js$/.test(outfile))) await build({ ...one, outfile: path.join(folder, path.basename(one.outfile)) });

/** The caches of this measurement are its own, so that it begins with nothing. */
const env = projectEnv({ VITLAB_CACHE: path.join(folder, 'data-cache') });
async function measure(...args) {
  const { stdout } = await promisify(execFile)(nodeProgram, [program, ...args.map(String)], { cwd: root, env });
  return stdout === '' ? undefined : JSON.parse(stdout);
}

const seconds = (value) => `${value.toFixed(2)} s`;

async function startPart() {
  const count = Number(values.images);
  await measure('make', data, 0, count);
  // A file that is two seconds old is not trusted by its times yet.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  for (const [name, before] of [['nothing known'], ['everything known'], ['100 images added', () => measure('make', data, count, count + 100)]]) {
    await before?.();
    const { images, opened, step, memory } = await measure('start', data);
    console.log(`${name.padEnd(18)} ${images} images: opened after ${seconds(opened)}, first step done after ${seconds(step)}; ${memory.toFixed(0)} MiB at most`);
  }
  await rm(data, { recursive: true, force: true });
}

async function waitPart() {
  for (const workers of ['auto', 0, 1, 2]) {
    const { share, wait, step, batch } = await measure('wait', path.resolve(root, values.config), values.steps, ...values.set, `dataset.workers=${workers}`);
    console.log(`workers ${String(workers).padEnd(5)} waiting ${(share * 100).toFixed(2)} % (${wait.toFixed(2)} of ${(wait + step).toFixed(0)} ms a step); a batch in ${batch.toFixed(1)} ms when nothing computes`);
  }
}

await rm(path.join(folder, 'data-cache'), { recursive: true, force: true });
if (values.part.includes('start')) await startPart();
if (values.part.includes('wait')) await waitPart();
await rm(path.join(folder, 'data-cache'), { recursive: true, force: true });
