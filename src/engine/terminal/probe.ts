import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ImageView, ProbeImage, RolloutView } from '../../protocol';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { csvText } from '../csv';
import { hasClassToken } from '../inspect/patches';
import { UserError } from '../userError';
import type { Canvas } from './canvas';
import { text, type Command, type Terminal } from './command';
import { drawAttention, drawRollout, drawStrip } from './pictures';

/** So many epochs stand side by side on the picture of all. */
const SHOWN = 10;

export const probeCommand: Command = {
  get summary() {
    return l10n.t('write how a run saw its probe images, epoch by epoch: pictures, and a table of the predictions');
  },
  usage: 'RUN [--out DIR] [--json]',
  options: { out: { type: 'string' } },
  get help() {
    return { out: l10n.t('folder for the files (default: RUN-probe, here)') };
  },
  takes: [1, 1],
  async run(terminal) {
    const { engine, output, args } = terminal;
    const run = path.resolve(args[0]!);
    const probe = await engine.api.readProbe({ run }, terminal.call());
    if (!probe || probe.images.length === 0) throw new UserError(l10n.t('{0} has no probe image. A training has one with --probe IMAGE, or probe.image in its configuration.', run));
    const folder = path.resolve(text(terminal, 'out') ?? `${path.basename(run)}-probe`);
    await ensureFolder(folder);
    const files: string[] = [];
    const write = async (name: string, data: string | Uint8Array): Promise<void> => {
      await writeFileAtomic(path.join(folder, name), data);
      files.push(path.join(folder, name));
    };
    await write('predictions.csv', predictionTable(probe.images));
    let lettered = true;
    for (const [i, image] of probe.images.entries()) {
      for (const [name, canvas] of await drawn(terminal, image, (done) => output.progress(l10n.t('Drawing {0}/{1}', done, image.frames.length), done / image.frames.length))) {
        const picture = await canvas.png();
        lettered &&= picture.lettered;
        await write(`${probe.images.length > 1 ? `image-${i + 1}-` : ''}${name}.png`, picture.png);
      }
    }
    if (!lettered) output.note(l10n.t('This machine has no fonts: the pictures have no text.'));
    if (output.json) output.document({ run, images: probe.images, files });
    else for (const file of files) output.print(`  ${path.relative('', file)}`);
    return 0;
  },
};

/** For each kept epoch the attention of all layers and heads, and the rollout; then the epochs side by side. */
async function drawn({ engine, call }: Terminal, image: ProbeImage, onProgress: (done: number) => void): Promise<readonly (readonly [string, Canvas])[]> {
  const pictures: [string, Canvas][] = [];
  const shown = new Set(Array.from({ length: Math.min(SHOWN, image.frames.length) }, (_, i, n = Math.min(SHOWN, image.frames.length)) => Math.round((i * (image.frames.length - 1)) / Math.max(1, n - 1))));
  const strip: { view: ImageView; rollout: RolloutView | null; epoch: number }[] = [];
  for (const [i, { path: checkpoint, epoch }] of image.frames.entries()) {
    const question = { checkpoint, file: image.source };
    const view = await engine.api.viewImage(question, call());
    const attends = view.model.architecture === 'vit';
    const rollout = attends ? await engine.api.viewRollout({ ...question, fusion: 'mean', discard: 0 }, call()) : null;
    if (shown.has(i)) strip.push({ view, rollout, epoch });
    if (rollout) {
      const query = hasClassToken(view) ? 0 : view.prefix.length + Math.floor(((view.grid.rows + 1) * view.grid.columns) / 2);
      const named = { ...view, file: `${path.basename(image.source)} · ${l10n.t('epoch {0}', epoch)}` };
      const number = String(epoch).padStart(4, '0');
      pictures.push([`attention-${number}`, drawAttention(named, await engine.api.viewAttention({ ...question, query }, call()))]);
      pictures.push([`rollout-${number}`, drawRollout(named, rollout)]);
    }
    onProgress(i + 1);
  }
  if (strip.length > 0) pictures.push(['epochs', drawStrip(strip)]);
  return pictures;
}

function predictionTable(images: readonly ProbeImage[]): string {
  const rows = images.flatMap(({ source, curve }) => curve.classes.flatMap(({ label, values }) => curve.epochs.map((epoch, i) => [source, String(epoch), label, String(values[i])])));
  return csvText([['image', 'epoch', 'class', 'probability'], ...rows]);
}
