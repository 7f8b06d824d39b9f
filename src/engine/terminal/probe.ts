import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as l10n from '@vscode/l10n';
import type { AttentionView, ImageView, PositionView, ProbeImage, RolloutView } from '../../protocol';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { csvText } from '../csv';
import { hasClassToken } from '../inspect/patches';
import { exists, files } from '../runs/files';
import { UserError } from '../userError';
import type { Canvas } from './canvas';
import { text, type Command, type Terminal } from './command';
import { drawAttention, drawPositions, drawRollout, drawStrip } from './pictures';

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
    if (!(await exists(files.record(run)))) throw new UserError(l10n.t('There is no run at {0}.', run), { file: run });
    const probe = await engine.api.readProbe({ run }, terminal.call());
    if (!probe || probe.images.length === 0) throw new UserError(l10n.t('{0} has no probe image. A training has one with --probe IMAGE, or probe.image in its configuration.', run));
    const folder = path.resolve(text(terminal, 'out') ?? `${path.basename(run)}-probe`);
    await ensureFolder(folder);
    const written: string[] = [];
    const damaged: string[] = [];
    const write = async (name: string, data: string | Uint8Array): Promise<void> => {
      await writeFileAtomic(path.join(folder, name), data);
      written.push(path.join(folder, name));
    };
    await write('predictions.csv', predictionTable(probe.images));
    let lettered = true;
    let withoutAttention = false;
    for (const [i, image] of probe.images.entries()) {
      const progress = (done: number): void => output.progress(l10n.t('Drawing {0}/{1}', done, image.frames.length), done / image.frames.length);
      const { pictures, broken, attends } = await drawn(terminal, image, i === 0, progress);
      withoutAttention ||= !attends;
      damaged.push(...broken);
      for (const [name, canvas] of pictures) {
        const picture = await canvas.png();
        lettered &&= picture.lettered;
        await write(`${probe.images.length > 1 ? `image-${i + 1}-` : ''}${name}.png`, picture.png);
      }
    }
    if (withoutAttention) output.note(l10n.t('This network has no attention to draw: there are its predictions alone.'));
    if (!lettered) output.note(l10n.t('This machine has no fonts: the pictures have no text.'));
    if (output.json) output.document({ run, images: probe.images, files: written, damaged });
    else for (const file of written) output.print(`  ${path.relative('', file)}`);
    return 0;
  },
};

interface Drawn {
  readonly pictures: readonly (readonly [string, Canvas])[];
  /** Frames that cannot be read; each is told of. */
  readonly broken: readonly string[];
  /** Whether the network has attention: of a ResNet or a Mixer there are predictions alone. */
  readonly attends: boolean;
}

interface Seen {
  readonly view: ImageView;
  readonly rollout: RolloutView | null;
  readonly attention: AttentionView | null;
  readonly positions: PositionView | null;
  readonly epoch: number;
}

/** For each kept epoch the attention of all layers and heads, the rollout and, of the `first` image, the positions; then the epochs side by side. */
async function drawn(terminal: Terminal, image: ProbeImage, first: boolean, onProgress: (done: number) => void): Promise<Drawn> {
  const pictures: [string, Canvas][] = [];
  const broken: string[] = [];
  let last: Float32Array | null = null;
  const strip: Pick<Seen, 'view' | 'rollout' | 'epoch'>[] = [];
  for (const [i, frame] of image.frames.entries()) {
    const seen = await readable(terminal, image, frame);
    onProgress(i + 1);
    if (!seen) {
      broken.push(frame.path);
      continue;
    }
    const { view, rollout, attention, positions, epoch } = seen;
    strip.push({ view, rollout, epoch });
    const named = { ...view, file: `${path.basename(image.source)} · ${l10n.t('epoch {0}', epoch)}` };
    const number = String(epoch).padStart(4, '0');
    if (attention) pictures.push([`attention-${number}`, drawAttention(named, attention)]);
    if (rollout) pictures.push([`rollout-${number}`, drawRollout(named, rollout)]);
    // They are those of the network, whatever the image; fixed ones are the same after every epoch.
    if (first && positions?.similarity && !isDeepStrictEqual(positions.similarity, last)) pictures.push([`positions-${number}`, drawPositions(positions, positions.similarity, `${view.facts.name} · ${l10n.t('epoch {0}', epoch)}`)]);
    last = positions?.similarity ?? null;
  }
  if (strip.length > 0) pictures.push(['epochs', drawStrip(evenly(strip, SHOWN))]);
  return { pictures, broken, attends: strip.every(({ view }) => view.model.architecture === 'vit') };
}

/** What the network saw at one epoch; null, told as a warning, where its frame is damaged: the other epochs are no worse for it. */
async function readable(terminal: Terminal, image: ProbeImage, frame: ProbeImage['frames'][number]): Promise<Seen | null> {
  try {
    return await seenAt(terminal, image, frame);
  } catch (error) {
    if (!(error instanceof UserError) || error.place?.file !== frame.path) throw error;
    terminal.output.note(l10n.t('Epoch {0} is left out: {1}', frame.epoch, error.message));
    return null;
  }
}

async function seenAt({ engine, call }: Terminal, { source }: ProbeImage, { path: checkpoint, epoch }: ProbeImage['frames'][number]): Promise<Seen> {
  const question = { checkpoint, file: source };
  const view = await engine.api.viewImage(question, call());
  if (view.model.architecture !== 'vit') return { view, rollout: null, attention: null, positions: null, epoch };
  const query = hasClassToken(view) ? 0 : view.prefix.length + Math.floor(((view.grid.rows + 1) * view.grid.columns) / 2);
  const rollout = await engine.api.viewRollout({ ...question, fusion: 'mean', discard: 0 }, call());
  return { view, rollout, attention: await engine.api.viewAttention({ ...question, query }, call()), positions: await engine.api.viewPositions({ checkpoint }, call()), epoch };
}

/** So many of a list, the first and the last among them. */
function evenly<T>(list: readonly T[], most: number): readonly T[] {
  const count = Math.min(most, list.length);
  const chosen = new Set(Array.from({ length: count }, (_, i) => Math.round((i * (list.length - 1)) / Math.max(1, count - 1))));
  return list.filter((_, i) => chosen.has(i));
}

function predictionTable(images: readonly ProbeImage[]): string {
  const rows = images.flatMap(({ source, curve }) => curve.classes.flatMap(({ label, values }) => curve.epochs.map((epoch, i) => [source, String(epoch), label, String(values[i])])));
  return csvText([['image', 'epoch', 'class', 'probability'], ...rows]);
}
