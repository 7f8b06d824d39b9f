import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { reasonOf, writeFileAtomic } from '../atomic';
import { withNearest } from '../config/nearest';
import { refuseTaps } from '../inspect/attention';
import type { Opened } from '../looking';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';
import { readNpy, writeNpz } from '../weights/npy';
import { text, UsageError, type Command } from './command';

export const runCommand: Command = {
  get summary() {
    return l10n.t('run a checkpoint on a raw input tensor, to compare with other frameworks');
  },
  usage: 'CHECKPOINT --input X.npy --output OUT.npz [--taps attention,tokens] [--json]',
  options: { input: { type: 'string' }, output: { type: 'string' }, taps: { type: 'string' } },
  get help() {
    return {
      input: l10n.t('normalised images, float32 [B, C, H, W] (NCHW)'),
      output: l10n.t('where the arrays go: logits [B, K] and the taps'),
      taps: l10n.t('attention: attention.I [B, H, N, N]; tokens: tokens.I [B, N, D]'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const [input, output] = [text(terminal, 'input'), text(terminal, 'output')];
    if (input === undefined || output === undefined) throw new UsageError(l10n.t('--input and --output are needed'));
    const taps = (text(terminal, 'taps') ?? '').split(',').filter(Boolean);
    const foreign = taps.find((tap) => tap !== 'attention' && tap !== 'tokens');
    if (foreign !== undefined) throw new UsageError(withNearest(l10n.t('--taps takes {0}, not {1}', 'attention, tokens', foreign), foreign, ['attention', 'tokens']));
    const images = await readImages(input);
    const arrays = await terminal.engine.looker.withCheckpoint(terminal.args[0]!, async (opened) => {
      const { session, spec } = opened;
      refuseTaps(opened, taps);
      const result = await session.forward(toNhwc(images, spec, input), { attention: taps.includes('attention'), tokens: taps.includes('tokens') });
      return new Map([['logits', result.logits], ...result.taps]);
    }, 'fp32', sizeOf(images, input));
    await writeFileAtomic(path.resolve(output), writeNpz(arrays));
    const shapes = Object.fromEntries([...arrays].map(([name, { shape }]) => [name, shape]));
    if (terminal.output.json) terminal.output.document({ output: path.resolve(output), arrays: shapes });
    else for (const [name, shape] of Object.entries(shapes)) terminal.output.print(`${name.padEnd(14)} [${shape.join(', ')}]`);
    return 0;
  },
};

async function readImages(file: string): Promise<FloatTensor> {
  try {
    return readNpy(await readFile(file));
  } catch (error) {
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reasonOf(error)), { file });
  }
}

/** The network is opened for the size of what it is given. */
function sizeOf({ shape }: FloatTensor, file: string): readonly [number, number] {
  if (shape.length === 4 && shape.every((side) => side > 0)) return [shape[2]!, shape[3]!];
  throw new UserError(l10n.t('{0} has the shape [{1}]; images are [B, C, H, W].', file, shape.join(', ')), { file });
}

function toNhwc({ shape, data }: FloatTensor, spec: Opened['spec'], file: string): FloatTensor {
  const [height, width] = spec.imageSize;
  // The network was opened for these sides; of another number of channels they are no images at all.
  const expected = shape[1] === spec.channels ? ['B', spec.channels, height, width] : ['B', spec.channels, 'H', 'W'];
  const [B = 0, C = 0, H = 0, W = 0] = shape;
  if (shape.length !== 4 || C !== spec.channels || H !== height || W !== width || B < 1)
    throw new UserError(l10n.t('{0} has the shape [{1}]; this model takes [{2}].', file, shape.join(', '), expected.join(', ')), { file });
  const out = new Float32Array(data.length);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < C; c++)
      for (let at = 0; at < H * W; at++) out[(b * H * W + at) * C + c] = data[(b * C + c) * H * W + at]!;
  return { shape: [B, H, W, C], data: out };
}
