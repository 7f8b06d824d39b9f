import * as l10n from '@vscode/l10n';
import type { PracticalNumber } from '../../practicalProtocol';
import { START } from './weights';
import type { PracticalData } from './data';

/** A configuration of a practical. */
export interface PracticalConfig {
  readonly file: string;
  readonly text: string;
}

/** The server that `mlflow server` is at, when nobody says otherwise. */
export const LOCAL_MLFLOW = 'http://127.0.0.1:5000';

/** Minutes on two cores without a GPU, by the processor time of both: with the drawn images, and with as many of CIFAR-10. docs/practicals.md has the numbers. */
type Minutes = readonly [drawn: number, cifar: number];

interface Head {
  readonly file: string;
  readonly about: string;
  readonly minutes: Minutes;
  readonly sweep?: true;
}

/** The configurations of a practical, in the order in which they are used. */
export function practicalConfigs(practical: PracticalNumber, data: PracticalData, mlflow: string | undefined): readonly PracticalConfig[] {
  switch (practical) {
    case 1:
      return [patches(data), positions(data)];
    case 2:
      return [naive(data), better(data)];
    case 3:
      return [scratchOrNot(data)];
    case 4:
      return [tracked(data, mlflow)];
  }
}

function patches(data: PracticalData): PracticalConfig {
  const head: Head = { file: 'patches.vit.yaml', sweep: true, minutes: [1, 2], about: l10n.t('What do patch size and width change? Half the patch is four times the tokens, N = HW/P².') };
  return write(head, data, [
    'name: practical-1-patches',
    ...images(data, { perClass: 300, test: 1000 }),
    ...network([]),
    ...training({ epochs: 8, warmup: 1 }, data),
    '',
    'sweep:',
    '  parameters:',
    line('  model.patch_size: [4, 8, 16]', l10n.t('64, 16 and 4 tokens of an image of 32 × 32 pixels')),
    line('  model.embed_dim: [32, 64]', l10n.t('the width D: numbers in a token')),
  ]);
}

function positions(data: PracticalData): PracticalConfig {
  const head: Head = { file: 'positions.vit.yaml', sweep: true, minutes: [2, 4], about: l10n.t('Does a network need to know where a patch is? No position, the learned 1-D embedding of the ViT, and the sines of the first Transformer.') };
  return write(head, data, [
    'name: practical-1-positions',
    ...images(data, { perClass: 300, test: 1000 }),
    ...network([line('patch_size: 4', l10n.t('8 × 8 patches'))]),
    ...training({ epochs: 12, warmup: 1 }, data),
    '',
    'sweep:',
    '  parameters:',
    '    model.pos_embed: [none, learned, sincos1d]',
    line('seeds: 2', l10n.t('each twice, to see what is chance')),
  ]);
}

function naive(data: PracticalData): PracticalConfig {
  const head: Head = { file: 'naive.vit.yaml', minutes: [1, 1], about: l10n.t('A naive ViT to beat: large patches, no positions, no warm-up, one learning rate throughout, no augmentation.') };
  return write(head, data, [
    'name: practical-2-naive',
    ...images(data, { perClass: 400, test: 2000 }),
    '',
    'model:',
    '  patch_size: 8',
    '  pos_embed: none',
    ...size,
    '',
    'train:',
    '  epochs: 15',
    '  batch_size: 64',
    '  lr: 3.0e-3',
    '  schedule: constant',
    '  warmup_epochs: 0',
    '  weight_decay: 0',
  ]);
}

function better(data: PracticalData): PracticalConfig {
  const head: Head = { file: 'better.vit.yaml', minutes: [1, 2], about: l10n.t('Yours, to beat it: change what you think matters, one thing at a time, and say what each brought. It begins with what the papers agree on.') };
  return write(head, data, [
    'name: practical-2-better',
    ...images(data, { perClass: 400, test: 2000 }),
    ...network([line('patch_size: 4', l10n.t('16 times the attention of patches of 8')), '  pos_embed: learned']),
    ...training({ epochs: 25, warmup: 3 }, data),
    line('label_smoothing: 0.1', l10n.t('mixup: 0.2 and cutmix: 1 are worth a try where epochs are many')),
  ]);
}

function scratchOrNot(data: PracticalData): PracticalConfig {
  const head: Head = { file: 'before-after.vit.yaml', sweep: true, minutes: [1, 2], about: l10n.t('What are trained weights worth? The same network from scratch, fine-tuned whole, and with its head alone trained (a linear probe), with few images of each class.') };
  return write(head, data, [
    'name: practical-3',
    ...images(data, { perClass: 40, test: 1000 }, true),
    '',
    `# ${l10n.t('The network of the weights, so that the one from scratch is the same.')}`,
    'model:',
    ...START.model.map((text) => `  ${text}`),
    '',
    'train:',
    '  epochs: 15',
    '  batch_size: 32',
    '  lr: 1.0e-3',
    '  warmup_epochs: 2',
    ...augment(data),
    '',
    'sweep:',
    '  variants:',
    '    scratch: {}',
    `    finetuned: {finetune.from: ${START.folder}}`,
    `    head: {finetune.from: ${START.folder}, finetune.unfreeze: head}`,
  ]);
}

function tracked(data: PracticalData, mlflow: string | undefined): PracticalConfig {
  const head: Head = { file: 'tracked.vit.yaml', minutes: [1, 1], about: l10n.t('Fine-tunes trained weights on three classes; every number, figure and the model go to MLflow.') };
  return write(head, data, [
    'name: practical-4',
    ...images(data, { perClass: 200, test: 1000 }, true),
    '',
    `# ${l10n.t('The network (model) and the normalisation of the images come from these weights.')}`,
    'finetune:',
    `  from: ${START.folder}`,
    line('layer_decay: 0.75', l10n.t('each layer nearer to the image learns at 0.75 of the rate of the next')),
    '',
    'train:',
    '  epochs: 12',
    '  batch_size: 32',
    '  lr: 5.0e-4',
    '  warmup_epochs: 1',
    ...augment(data),
    '',
    'tracking:',
    '  mlflow:',
    line(`  uri: ${mlflow ?? LOCAL_MLFLOW}`, l10n.t('your server; while it does not answer the run keeps all, to be sent later')),
    '    experiment: practical-4',
  ]);
}

/** What of the images is used: a part, so that it ends within minutes. */
function images({ path, classes, chosen, drawn, grey, cifar }: PracticalData, { perClass, test }: { readonly perClass: number; readonly test: number }, fromWeights = false): string[] {
  return [
    'seed: 0',
    '',
    'dataset:',
    `  path: ${JSON.stringify(path)}`,
    ...(chosen ? [`  classes: [${classes.map((name) => JSON.stringify(name)).join(', ')}]`] : []),
    line(`subset: {per_class: ${String(perClass)}}`, l10n.t('training images of each class; more of them is better and slower')),
    ...(drawn ? [] : [`  limit: {val: ${String(test / 2)}, test: ${String(test)}}`]),
    '',
    'image:',
    line('size: 32', l10n.t('pixels')),
    ...(grey && !fromWeights ? ['  channels: 1'] : []),
    ...(cifar || fromWeights ? [line('mean: [0.4914, 0.4822, 0.4465]', l10n.t('of the training images of CIFAR-10')), '  std: [0.2470, 0.2435, 0.2616]'] : []),
  ];
}

const size = ['  embed_dim: 64', '  depth: 4', '  num_heads: 4', '  mlp_ratio: 2'];

/** The network that a practical begins with; where a sweep varies patch and width, they are not said. */
function network(lines: readonly string[]): string[] {
  return ['', 'model:', ...lines, ...(lines.length === 0 ? size.slice(1) : size)];
}

function training({ epochs, warmup }: { readonly epochs: number; readonly warmup: number }, data: PracticalData): string[] {
  return ['', 'train:', `  epochs: ${String(epochs)}`, '  batch_size: 64', '  lr: 1.0e-3', `  warmup_epochs: ${String(warmup)}`, ...augment(data)];
}

function augment({ grey }: PracticalData): string[] {
  return [`  augment: {crop_padding: 2, hflip: ${String(!grey)}}`];
}

function write({ file, about, minutes: [drawn, cifar], sweep }: Head, data: PracticalData, lines: readonly string[]): PracticalConfig {
  const time = data.drawn
    ? l10n.t('time: about {0} min on 2 cores without a GPU, by the processor time with these drawn images', drawn)
    : l10n.t('time: about {0} min on 2 cores without a GPU, by the processor time for as many images of CIFAR-10', cifar);
  const start = sweep
    ? l10n.t('Start it with the command "ViT Lab: Run Sweep", or in a terminal: npx vit-lab sweep {0}', file)
    : l10n.t('Start it with the command "ViT Lab: Start Training", or in a terminal: npx vit-lab train {0}', file);
  return { file, text: [`# ${about}`, `# ${time}`, `# ${start}`, '', ...lines, ''].join('\n') };
}

const WIDTH = 40;

function line(text: string, comment: string): string {
  return `${`  ${text}`.padEnd(WIDTH)} # ${comment}`;
}
