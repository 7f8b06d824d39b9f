import * as l10n from '@vscode/l10n';
import { stringify } from 'yaml';
import type { ConfusionMatrix, ExportTarget, Interval } from '../../protocol';
import type { Checkpoint } from '../checkpoint';
import { modelFacts } from '../facts';
import { classCounts, mostConfused } from '../metrics/confusion';
import { wilson } from '../metrics/interval';
import { confusedWords, intervalWords, shareWords } from '../metrics/words';
import { grouped } from '../units';
import { VERSION } from '../version';
import type { Tested } from './tested';

/** What a card tells beside the checkpoint. */
export interface CardFacts {
  readonly to: ExportTarget;
  /** How the network is opened in Python, without the script. */
  readonly usage: readonly string[];
  /** What of the export is not as the network is here. */
  readonly notes: readonly string[];
  readonly tested: Tested | undefined;
}

const LIBRARIES: Readonly<Record<ExportTarget, string>> = { onnx: 'onnx', tensorflow: 'tf-keras', timm: 'timm', huggingface: 'transformers' };

function multiplyAdds(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} M` : `${(count / 1e9).toFixed(2)} G`;
}

/** A model card in Markdown (Mitchell et al. 2019), with the front matter that Hugging Face's hub reads. */
export function modelCard(checkpoint: Checkpoint, card: CardFacts): string {
  const { spec, meta } = checkpoint;
  const facts = modelFacts(spec, 1);
  const title = meta.config.name ?? facts.name;
  const matter = { library_name: LIBRARIES[card.to], pipeline_tag: 'image-classification', tags: ['image-classification', 'vision-transformer', 'vit-lab'] };
  return [
    `---\n${stringify(matter)}---`,
    `# ${title}`,
    ...whatItIs(checkpoint, facts),
    `## ${l10n.t('Use')}`,
    l10n.t('`predict.py` prepares an image to the pixel as ViT Lab does and prints the five likeliest classes:'),
    block('sh', ['python predict.py IMAGE']),
    ...(card.usage.length > 0 ? [l10n.t('Or in Python:'), block('python', card.usage)] : []),
    ...card.notes.map((note) => `> ${note}`),
    `## ${l10n.t('How well it does')}`,
    ...results(checkpoint, card.tested),
    `## ${l10n.t('Data')}`,
    ...data(checkpoint, card.tested),
    `## ${l10n.t('Preprocessing')}`,
    ...preprocessing(checkpoint),
    `## ${l10n.t('Training')}`,
    ...training(checkpoint, card.tested),
    `## ${l10n.t('Limits')}`,
    limits(checkpoint, card.tested).map((line) => `- ${line}`).join('\n'),
    '',
  ].join('\n\n');
}

function block(language: string, lines: readonly string[]): string {
  return ['```' + language, ...lines, '```'].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function whatItIs({ spec, meta }: Checkpoint, facts: ReturnType<typeof modelFacts>): string[] {
  const [height, width] = spec.imageSize;
  return [
    table([l10n.t('Network'), facts.name], [
      [l10n.t('Parameters'), grouped(facts.params)],
      [l10n.t('Multiply-adds of an image'), multiplyAdds(facts.macs)],
      [l10n.t('Images'), `${height} × ${width}, ${spec.channels === 1 ? l10n.t('grey') : l10n.t('colour')}`],
      [l10n.t('Classes'), String(spec.classes)],
      [l10n.t('Numbers'), 'float32'],
      [l10n.t('Made by'), `ViT Lab ${VERSION}, ${meta.created.slice(0, 10)}`],
    ]),
    ...(meta.origin === undefined ? [] : [l10n.t('The weights come from elsewhere: {0} ({1}).', meta.config.name ?? meta.origin.file.split(/[\\/]/).at(-1)!, meta.origin.scheme)]),
  ];
}

function results({ meta }: Checkpoint, tested: Tested | undefined): string[] {
  const known = Object.entries({ ...meta.metrics, ...tested?.metrics }).filter(([name, value]) => name.includes('/') && Number.isFinite(value));
  if (known.length === 0) return [l10n.t('Nothing was measured: the weights were not trained here.')];
  const confusion = tested?.confusion;
  return [
    [
      l10n.t('After epoch {0}. `val` is of images that were not trained on; it chose among the epochs, so that it tells a little too much.', meta.epoch),
      ...(confusion ? [l10n.t('`test` is of images that chose nothing: it is the one to report.')] : []),
    ].join(' '),
    ...(tested && confusion
      ? [
          table([l10n.t('Metric'), l10n.t('Value'), l10n.t('95 % interval')], known.map(([name, value]) => [...metricCells(name, value), betweenWords(intervalOf(name, tested, confusion))])),
          l10n.t('The intervals (Wilson) hold the shares of all such images that these counts do not speak against; models whose intervals overlap may be equally good.'),
          ...classByClass(confusion),
        ]
      : [table([l10n.t('Metric'), l10n.t('Value')], known.map(([name, value]) => metricCells(name, value)))]),
  ];
}

function metricCells(name: string, value: number): [string, string] {
  return [`\`${name}\``, String(Number(value.toPrecision(4)))];
}

/** Of the shares of test images; runs of earlier versions have counted the accuracy, too. */
function intervalOf(name: string, { intervals }: Tested, { counts }: ConfusionMatrix): Interval | null {
  const classes = classCounts(counts);
  const sum = (of: 'hits' | 'support'): number => classes.reduce((total, one) => total + one[of], 0);
  return name === 'test/top1' ? wilson(sum('hits'), sum('support')) : ((name.startsWith('test/') && intervals?.[name.slice('test/'.length)]) || null);
}

function betweenWords(interval: Interval | null): string {
  return interval === null ? '' : intervalWords(interval);
}

/** More classes than that make no table that anybody reads. */
const MOST_CLASSES = 50;
const MOST_CONFUSED = 5;

/** How the test images of each class fared, and which classes were taken for which. */
function classByClass({ labels, counts }: ConfusionMatrix): string[] {
  const share = (part: number, whole: number): string => (whole === 0 ? '–' : `${shareWords(part / whole)} (${betweenWords(wilson(part, whole))})`);
  const rows = classCounts(counts).map(({ support, predicted, hits }, k) => [labels[k]!, String(support), share(hits, support), share(hits, predicted)]);
  const confused = confusedWords(labels, mostConfused(counts, MOST_CONFUSED));
  return [
    ...(labels.length <= MOST_CLASSES ? [table([l10n.t('Class'), l10n.t('Test images'), l10n.t('Recall'), l10n.t('Precision')], rows)] : []),
    ...(confused === '' ? [] : [confused]),
  ];
}

function data({ meta }: Checkpoint, tested: Tested | undefined): string[] {
  const { name, fingerprint } = meta.dataset;
  const shown = meta.classes.slice(0, 100).map((label) => `\`${label.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``).join(', ');
  return [
    ...(fingerprint === '' ? [] : [l10n.t('{0} (fingerprint `{1}`).', `\`${name}\``, fingerprint.slice(0, 16))]),
    ...(tested ? [l10n.t('{0} images for training, {1} for validation, {2} for the test.', tested.sizes.train, tested.sizes.val, tested.sizes.test)] : []),
    meta.classes.length > 100 ? l10n.t('{0} and {1} more.', shown, meta.classes.length - 100) : shown,
  ];
}

function preprocessing({ meta }: Checkpoint): string[] {
  const { size, fit, crop_pct: share, interpolation, mean, std, channels } = meta.config.image;
  return [table([l10n.t('Setting'), l10n.t('Value')], Object.entries({ size, channels, fit, crop_pct: share, interpolation, mean, std }).map(([name, value]) => [`\`image.${name}\``, JSON.stringify(value)]))];
}

function training({ meta }: Checkpoint, tested: Tested | undefined): string[] {
  if (meta.origin !== undefined && meta.step === 0) return [l10n.t('Not trained by ViT Lab.')];
  return [l10n.t('Epochs: {0}; steps: {1}.', meta.epoch, meta.step), ...(tested?.start === undefined ? [] : [l10n.t('Fine-tuned from {0}.', `\`${tested.start}\``)]), `<details><summary>${l10n.t('Configuration')}</summary>`, block('yaml', stringify(meta.config).trimEnd().split('\n')), '</details>'];
}

function limits({ spec, meta }: Checkpoint, tested: Tested | undefined): string[] {
  const ece = tested?.metrics['test/ece'];
  return [
    l10n.t('It knows its {0} classes and nothing else: an image of something else gets one of them, too, often with high probability.', spec.classes),
    ece === undefined || !Number.isFinite(ece)
      ? l10n.t('Probabilities are not calibrated: 0.9 does not mean that nine of ten are right.')
      : l10n.t('Probabilities are no promise: on the test images, those of the predicted classes and the shares that were right differ by {0} on average (ECE).', shareWords(ece)),
    spec.architecture === 'resnet'
      ? l10n.t('Images are brought to {0} × {1} pixels; what is only a few pixels there is hardly seen.', ...spec.imageSize)
      : l10n.t('Images are brought to {0} × {1} pixels; what is smaller than a patch of {2} × {3} there is hardly seen.', ...spec.imageSize, ...spec.patchSize),
    ...(meta.dataset.fingerprint === '' ? [l10n.t('What it was trained on, and under which licence, is told by whoever published the weights.')] : [l10n.t('It was tried on images like those of its training only. Other cameras, other places and other people may give other results.')]),
  ];
}
