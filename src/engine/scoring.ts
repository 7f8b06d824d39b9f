import { stat } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import type { EngineApi, ImageQuestion, ScoresView } from '../protocol';
import type { Server } from '../rpc';
import { measureHeads } from './headStatistics';
import { normalise, openInput } from './image';
import { refuseWithoutAttention } from './inspect/attention';
import { scoresView } from './inspect/scores';
import type { Looker } from './looking';
import { fitToPatch } from './model/spec';
import { isFrame } from './runs/probe';
import type { FloatTensor } from './tensors';
import { UserError } from './userError';
import { versionOf } from './weights/modelFile';

const KEPT_BYTES = 64 * 2 ** 20;

/** What can be asked about attention beside one token's: all of it, what its softmax reads, and its heads over many images. */
export interface Scorer {
  readonly api: Pick<Server<EngineApi>, 'viewAttentionStack' | 'viewScores' | 'measureHeads'>;
}

export function createScorer(looker: Looker): Scorer {
  const known = looker.cache<ScoresView>({ limit: KEPT_BYTES, weigh: ({ queries, keys, scores }) => queries.byteLength + keys.byteLength + (scores?.byteLength ?? 0) });
  /** The last ones are remembered. */
  const scores = async ({ checkpoint, file, size, layer }: ImageQuestion & { readonly layer: number }, signal: AbortSignal): Promise<ScoresView> => {
    if (isFrame(checkpoint)) throw new UserError(l10n.t('A look that a training kept has attention and no weights, so that the scores before the softmax are not known. Choose a checkpoint of the run.'));
      return looker.withCheckpoint(checkpoint, async (opened) => {
        refuseWithoutAttention(opened);
        const { spec, meta, session } = opened;
        if (!Number.isInteger(layer) || layer < 0 || layer >= spec.depth) throw new UserError(l10n.t('There is no layer {0}: this model has the layers 1 to {1}.', layer + 1, spec.depth));
        signal.throwIfAborted();
        const { mtimeMs, size: bytes } = await stat(file);
        return known.get(JSON.stringify([await versionOf(opened.path), size, file, mtimeMs, bytes, layer]), async () => {
          const input = await openInput(file, meta.config.image, fitToPatch(meta.config.image, meta.config.model));
          const image = { shape: [1, ...spec.imageSize, spec.channels], data: normalise(input, meta.config.image) };
          const { taps } = await session.forward(image, { inside: [`queries.${layer}`, `keys.${layer}`, `scores.${layer}`] });
          const tap = (name: string): FloatTensor => {
            const found = taps.get(`${name}.${layer}`);
            if (!found) throw new Error(`The pass brought no ${name}.${layer}`);
            return found;
          };
          return scoresView(layer, tap('queries'), tap('keys'), tap('scores'));
        });
      }, 'fp32', size);
  };
  return {
    api: {
      viewAttentionStack: (q, call) => looker.viewAttentionStack(q, call.signal),
      viewScores: (q, call) => scores(q, call.signal),
      measureHeads: (q, { signal, progress }) => measureHeads(q, looker, { signal, onProgress: (at) => progress(at) }),
    },
  };
}
