// Writes the example of a report that is kept in docs/example-report, in English and Spanish, without images of the dataset.
//   node scripts/example-report.mjs RUNS [PATTERN] [TITLE-EN] [TITLE-ES]
//   RUNS is a folder of runs, PATTERN tells by their folders which of them; those of one configuration may differ in the seed.
// For a Vision Transformer, a ResNet and a hybrid on 5,000 images of CIFAR-10, three seeds each:
//   npx vit-lab sweep configs/data-hunger.yaml && node scripts/example-report.mjs runs '_(vit|resnet|hybrid)-_per_class_500-'
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundles.mjs';

const [folder, pattern = '.', english = 'A Vision Transformer, a ResNet and a hybrid on 5,000 images of CIFAR-10', spanish = 'Un Vision Transformer, una ResNet y una híbrida con 5000 imágenes de CIFAR-10'] = process.argv.slice(2);
if (!folder) throw new Error('node scripts/example-report.mjs RUNS [PATTERN] [TITLE-EN] [TITLE-ES]');
const runs = readdirSync(folder).filter((name) => new RegExp(pattern).test(name) && !/_sweep_/.test(name)).sort().map((name) => path.join(folder, name));
if (runs.length === 0) throw new Error(`No folder in ${folder} is matched by ${pattern}.`);
for (const [language, title] of [['en', english], ['es', spanish]]) {
  const out = path.join(root, 'docs/example-report', language);
  const args = [path.join(root, 'dist/cli.js'), 'report', ...runs, '--out', out, '--lang', language, '--title', title, '--without-images', '--force'];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root });
  if (status !== 0) process.exit(status ?? 1);
}
