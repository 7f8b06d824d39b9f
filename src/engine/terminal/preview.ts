import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { BatchPreview, Pixels, PreviewImage } from '../../protocol';
import { writeFileAtomic } from '../atomic';
import { createCanvas, PALE, type Canvas } from './canvas';
import { counting, number, text, texts, UsageError, type Command, type Terminal } from './command';

const MOST = 48;
const COLUMNS = 8;
const MARGIN = 24;
const HEAD = 76;
const GAP = 12;
const WORDS = 38;

export const previewCommand: Command = {
  get summary() {
    return l10n.t('draw a batch as the network is given it, before anything is trained');
  },
  usage: 'CONFIG --out FILE.png [--set KEY=VALUE]… [--step N] [--seed N] [--network] [--json]',
  options: {
    out: { type: 'string' },
    set: { type: 'string', multiple: true },
    step: { type: 'string' },
    seed: { type: 'string' },
    network: { type: 'boolean' },
  },
  get help() {
    return {
      out: l10n.t('the picture to write, a PNG'),
      set: l10n.t('KEY=VALUE: replaces a value of the configuration, e.g. --set model.depth=6'),
      step: l10n.t('the step whose batch it is, from 1 on (default 1)'),
      seed: l10n.t('another seed than that of the configuration'),
      network: l10n.t('normalised as the network gets them: grey is 0, what is far from it is bright or dark'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, args, values } = terminal;
    const out = text(terminal, 'out');
    if (out === undefined || !/\.png$/i.test(out)) throw new UsageError(l10n.t('--out takes the name of a PNG file'));
    const [step, seed] = [whole(terminal, 'step', 1), whole(terminal, 'seed', 0)];
    const preview = await terminal.engine.api.previewBatch(
      { config: args[0]!, set: texts(terminal, 'set'), most: MOST, ...(step !== undefined && { step: step - 1 }), ...(seed !== undefined && { seed }) },
      terminal.call(counting(output, l10n.t('Reading images'))),
    );
    output.settle();
    const steps = preview.epochs * preview.stepsPerEpoch;
    if (step !== undefined && step > steps) throw new UsageError(l10n.t('--step {0}: this training ends with step {1}', step, steps));
    const { png, lettered } = await drawBatch(preview, values['network'] === true).png();
    await writeFileAtomic(path.resolve(out), png);
    if (!lettered) output.note(l10n.t('This machine has no fonts, so that the picture has no labels.'));
    const { pixels: _, ...told } = preview;
    // As --step and the picture count: from 1.
    if (output.json) output.document({ file: path.resolve(out), ...told, step: told.step + 1, epoch: told.epoch + 1 });
    else {
      output.print(summary(preview, out));
      for (const warning of preview.warnings) output.note(l10n.t('warning: {0}', warning));
    }
    return 0;
  },
};

function whole(terminal: Terminal, name: string, least: number): number | undefined {
  if (text(terminal, name) === undefined) return undefined;
  const value = number(terminal, name, least);
  if (!Number.isInteger(value) || value < least) throw new UsageError(l10n.t('--{0} takes a whole number from {1} on', name, least));
  return value;
}

function summary({ counts, batchSize, step, epochs, stepsPerEpoch, classes }: BatchPreview, out: string): string {
  const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
  return [
    l10n.t('{0} classes; {1} training, {2} validation, {3} test images', classes.length, sum(counts.train), sum(counts.val), sum(counts.test)),
    l10n.t('step {0} of {1}: {2} images', step + 1, epochs * stepsPerEpoch, batchSize),
    out,
  ].join('\n');
}

/** Tiles with the labels that are to be learned below them. */
export function drawBatch(preview: BatchPreview, network: boolean): Canvas {
  const { images, height, width, classes } = preview;
  const times = Math.max(1, Math.floor(128 / Math.max(height, width)));
  const [tileWidth, tileHeight] = [Math.min(width * times, 160), Math.round((Math.min(width * times, 160) * height) / width)];
  const columns = Math.min(COLUMNS, images.length);
  const rows = Math.ceil(images.length / columns);
  const canvas = createCanvas(Math.max(560, 2 * MARGIN + columns * (tileWidth + GAP) - GAP), HEAD + rows * (tileHeight + WORDS + GAP) + MARGIN);
  canvas.text(l10n.t('{0}: batch of step {1}', preview.dataset, preview.step + 1), MARGIN, 34, { size: 18, bold: true });
  canvas.text(mixWords(preview, images.length), MARGIN, 56, { size: 12, colour: PALE });
  for (const [i, image] of images.entries()) {
    const [x, y] = [MARGIN + (i % columns) * (tileWidth + GAP), HEAD + Math.floor(i / columns) * (tileHeight + WORDS + GAP)];
    canvas.place(pixelsOf(preview, i, network), x, y, tileWidth, tileHeight);
    labelLines(image, classes).forEach((line, n) => canvas.text(fitted(line, tileWidth), x, y + tileHeight + 14 + n * 15, { size: 11, ...(n > 0 && { colour: PALE }) }));
  }
  return canvas;
}

function mixWords({ mix, batchSize, seed, smoothing }: BatchPreview, shown: number): string {
  const parts = [
    shown < batchSize ? l10n.t('{0} of {1} images', shown, batchSize) : l10n.t('{0} images', batchSize),
    l10n.t('seed {0}', seed),
    ...(mix ? [`${mix.kind === 'mixup' ? 'mixup' : 'CutMix'} λ ${mix.lam.toFixed(2)}`] : []),
    ...(smoothing > 0 ? [l10n.t('label smoothing {0}', smoothing)] : []),
  ];
  return parts.join(' · ');
}

function labelLines({ label, other, share }: PreviewImage, classes: readonly string[]): string[] {
  const name = (k: number): string => classes[k] ?? String(k);
  if (other === undefined) return [name(label)];
  return [`${(100 * share).toFixed(0)} % ${name(label)}`, `${(100 * (1 - share)).toFixed(0)} % ${name(other)}`];
}

/** About as much of a text as fits, at eleven pixels a letter of half that width. */
function fitted(line: string, width: number): string {
  const most = Math.max(4, Math.floor(width / 6.2));
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}

/** What the network is given as colours: as a photograph, or as its numbers, of which 0 is grey and ±3 are the ends. */
function pixelsOf({ pixels, height, width, channels, mean, std }: BatchPreview, image: number, network: boolean): Pixels {
  const rgba = new Uint8Array(height * width * 4).fill(255);
  const from = image * height * width * channels;
  for (let at = 0; at < height * width; at++)
    for (let c = 0; c < 3; c++) {
      const channel = Math.min(c, channels - 1);
      const value = pixels[from + at * channels + channel]!;
      rgba[at * 4 + c] = Math.min(255, Math.max(0, Math.round(network ? 127.5 + value * 42.5 : 255 * (value * std[channel]! + mean[channel]!))));
    }
  return { width, height, rgba };
}
