// `node scripts/bench-accuracy.mjs RUN …`: what timm reaches with PyTorch on the images and by the recipe of runs of ours.
//   --json FILE   also writes the results there (default bench/results/accuracy.json)
// Each run is trained once more by the other side: the same training, validation and test images, recipe, schedule and seed
// (of its own random numbers). The weights of the best epoch of the validation are tested, on both sides. RUN are folders of
// plain ViTs that were trained with AdamW, crop and flip; several seeds tell whether a difference is more than chance.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { asProgram } from './setup.mjs';
import { prepareTimm, trainWithTimm } from './timm.mjs';

const { values, positionals } = parseArgs({ options: { json: { type: 'string', default: 'bench/results/accuracy.json' } }, allowPositionals: true });

const percent = (value) => `${(value * 100).toFixed(2)} %`;
const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const deviation = (numbers) => Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean(numbers)) ** 2, 0) / Math.max(1, numbers.length - 1));
const spread = (numbers) => `${percent(mean(numbers))}${numbers.length > 1 ? ` ± ${(deviation(numbers) * 100).toFixed(2)}` : ''}`;

async function compare() {
  if (positionals.length === 0) throw new Error('Give the folders of runs: node scripts/bench-accuracy.mjs runs/NAME …');
  const python = await prepareTimm();
  const results = [];
  for (const one of positionals) {
    const { config, theirs } = await trainWithTimm(python, one);
    const { name, top1, seconds, tested } = config.ours;
    results.push({ name, seed: config.seed, tested, ours: { top1, seconds }, timm: theirs });
    console.log(`${name.padEnd(44)} ours ${percent(top1)} in ${seconds.toFixed(0)} s, timm ${percent(theirs.top1)} in ${theirs.seconds.toFixed(0)} s (${tested} test images)`);
  }
  console.log(`mean ± standard deviation of ${results.length}: ours ${spread(results.map(({ ours }) => ours.top1))}, timm ${spread(results.map(({ timm }) => timm.top1))}`);
  await mkdir(path.dirname(values.json), { recursive: true });
  await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
}

await asProgram(import.meta.url, compare);
