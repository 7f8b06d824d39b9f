// `node scripts/bench-accuracy.mjs RUN …`: what timm reaches with PyTorch on the images and by the recipe of runs of ours.
//   --json FILE   also writes the results there (default bench/results/accuracy.json)
// Each run is trained once more by the other side: the same training, validation and test images, recipe, schedule and seed
// (of its own random numbers). The weights of the best epoch of the validation are tested, on both sides. RUN are folders of
// plain ViTs that were trained with AdamW, crop and flip; several seeds tell whether a difference is more than chance.
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundles } from './bundles.mjs';
import { report, run } from './progress.mjs';
import { ensurePython } from './python.mjs';
import { cache, enter, nodeProgram, projectEnv, root } from './setup.mjs';

const environment = { name: 'parity', variable: 'VITLAB_PYTHON', packages: ['torch', 'torchvision', 'timm'], modules: ['torch', 'timm'] };
const { values, positionals } = parseArgs({ options: { json: { type: 'string', default: 'bench/results/accuracy.json' } }, allowPositionals: true });
const folder = path.join(cache, 'bench/accuracy');
const program = path.join(cache, 'bench/accuracyData.js');

/** Bundled as the engine is. */
async function buildProgram() {
  const all = bundles({ minify: false });
  await build({ ...all[1], entryPoints: ['bench/accuracyData.ts'], outfile: program });
  for (const one of all.filter(({ outfile }) => /Worker\.js$/.test(outfile))) await build({ ...one, outfile: path.join(cache, 'bench', path.basename(one.outfile)) });
}

/** The last line that it prints is its result. */
function theirs(python, config) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [path.join(root, 'bench/peers/accuracy_timm.py'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk) => (printed += chunk));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve(JSON.parse(printed.trim().split('\n').at(-1))) : reject(new Error(`timm's side ended with ${code}`))));
    child.stdin.end(`${JSON.stringify(config)}\n`);
  });
}

const percent = (value) => `${(value * 100).toFixed(2)} %`;
const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const deviation = (numbers) => Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean(numbers)) ** 2, 0) / Math.max(1, numbers.length - 1));
const spread = (numbers) => `${percent(mean(numbers))}${numbers.length > 1 ? ` ± ${(deviation(numbers) * 100).toFixed(2)}` : ''}`;

async function compare() {
  if (positionals.length === 0) throw new Error('Give the folders of runs: node scripts/bench-accuracy.mjs runs/NAME …');
  const python = await ensurePython(environment);
  await buildProgram();
  const results = [];
  for (const one of positionals) {
    await rm(folder, { recursive: true, force: true });
    const output = await run(nodeProgram, [program, path.resolve(one), folder], { cwd: root, env: projectEnv(), quiet: true });
    const config = JSON.parse(output.trim().split('\n').at(-1));
    const other = await theirs(python, config);
    const { name, top1, seconds, tested } = config.ours;
    results.push({ name, seed: config.seed, tested, ours: { top1, seconds }, timm: other });
    console.log(`${name.padEnd(44)} ours ${percent(top1)} in ${seconds.toFixed(0)} s, timm ${percent(other.top1)} in ${other.seconds.toFixed(0)} s (${tested} test images)`);
  }
  await rm(folder, { recursive: true, force: true });
  console.log(`mean ± standard deviation of ${results.length}: ours ${spread(results.map(({ ours }) => ours.top1))}, timm ${spread(results.map(({ timm }) => timm.top1))}`);
  await mkdir(path.dirname(values.json), { recursive: true });
  await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

try {
  await enter(import.meta.url);
  await compare();
} catch (error) {
  report(error);
  process.exitCode = 1;
}
