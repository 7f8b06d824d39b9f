import { stat } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import type { FlowBox, FlowQuestion } from '../flowProtocol';
import type { EngineApi, ImageQuestion } from '../protocol';
import type { Server } from '../rpc';
import { normalise, openInput } from './image';
import { flowBoxes, flowFacts, flowPicture, flowValues, flowWish, tokenNorms, type Passed } from './inspect/flow';
import { filterOf, tokensView } from './inspect/tokens';
import type { Looker, Opened } from './looking';
import { planNetwork } from './planning';
import { positionTable } from './model/positions';
import { fitToPatch } from './model/spec';
import { isFrame } from './runs/probe';
import { UserError } from './userError';
import { versionOf } from './weights/modelFile';

/** Follows an image through a network. */
export interface Follower {
  readonly api: Pick<Server<EngineApi>, 'viewFlow' | 'viewFlowBox' | 'viewTokenised' | 'viewFilter' | 'planNetwork'>;
}

const KEPT_BYTES = 256 * 2 ** 20;

export function createFollower(looker: Looker): Follower {
  const passes = looker.cache<Passed>({ limit: KEPT_BYTES, weigh: bytesOf });

  /** What the network made of the image, of one block: asked for once, whichever box of it is opened. */
  const follow = <T>(q: ImageQuestion, block: number, read: (passed: Passed, opened: Opened) => T | Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    looker.withCheckpoint(withWeights(q.checkpoint), async (opened) => {
      signal?.throwIfAborted();
      const { mtimeMs, size } = await stat(q.file).catch((error: unknown) => {
        throw new UserError(l10n.t('Cannot read {0}: {1}.', q.file, error instanceof Error ? error.message : String(error)), { file: q.file });
      });
      const key = JSON.stringify([await versionOf(opened.path), q.size, q.file, mtimeMs, size, block]);
      const passed = await passes.get(key, () => pass(opened, q.file, block));
      signal?.throwIfAborted();
      return read(passed, opened);
    }, 'fp32', q.size);

  const api: Follower['api'] = {
    viewFlow: (q, { signal }) =>
      follow(q, q.block, (passed) => {
        const place = placeIn(passed, q);
        return { ...place, facts: flowFacts(passed.spec), boxes: flowBoxes(passed.spec).map((box) => flowPicture(passed, box, place)), norms: tokenNorms(passed) };
      }, signal),
    viewFlowBox: (q, { signal }) => follow(q, q.block, (passed) => flowValues(passed, boxIn(passed, q.box), placeIn(passed, q)), signal),
    viewTokenised: (q, { signal }) => follow(q, 0, (passed, opened) => tokensView(passed, { file: q.file, image: opened.meta.config.image, fit: fitToPatch(opened.meta.config.image, opened.meta.config.model) }), signal),
    viewFilter: ({ checkpoint, size, dimension }) =>
      looker.withCheckpoint(withWeights(checkpoint), ({ spec, params, path: file }) => {
        if (!Number.isInteger(dimension) || dimension < 0 || dimension >= spec.width) throw new UserError(l10n.t('There is no dimension {0}: the tokens of {1} have the dimensions 1 to {2}.', dimension + 1, file, spec.width), { file });
        return Promise.resolve(filterOf(spec, params, dimension));
      }, 'fp32', size),
    planNetwork: ({ checkpoint, size, ...sizes }) =>
      looker.withCheckpoint(withWeights(checkpoint), ({ spec, meta: { config: { image, model, train } } }) =>
        Promise.resolve(planNetwork({ image: size === undefined ? image : { ...image, size: [...spec.imageSize] }, model, classes: spec.classes, batch: train.batch_size }, sizes)), 'fp32', size),
  };
  return { api };
}

/** @throws UserError for what a training kept of its looks at a probe image */
function withWeights(checkpoint: string): string {
  if (isFrame(checkpoint)) throw new UserError(l10n.t('A look that a training kept has attention and no weights, so that an image cannot be followed through the network. Choose a checkpoint of the run.'));
  return checkpoint;
}

async function pass({ session, spec, params, meta, path: file }: Opened, image: string, block: number): Promise<Passed> {
  if (!Number.isInteger(block) || block < 0 || (block > 0 && block >= spec.depth)) throw new UserError(l10n.t('There is no block {0}: {1} has the blocks 1 to {2}.', block + 1, file, Math.max(1, spec.depth)), { file });
  const input = await openInput(image, meta.config.image, fitToPatch(meta.config.image, meta.config.model));
  const images = { shape: [1, ...spec.imageSize, spec.channels], data: normalise(input, meta.config.image) };
  const { logits, taps } = await session.forward(images, flowWish(spec, block));
  return { spec, image: images, positions: positionTable(spec, params), logits: logits.data, taps };
}

function placeIn({ spec }: Passed, { block, head }: FlowQuestion): { readonly block: number; readonly head: number } {
  if (!Number.isInteger(head) || head < 0 || head >= spec.heads) throw new UserError(l10n.t('There is no head {0}: this network has the heads 1 to {1}.', head + 1, spec.heads));
  return { block, head };
}

function boxIn({ spec }: Passed, box: FlowBox): FlowBox {
  const boxes = flowBoxes(spec);
  if (!boxes.includes(box)) throw new UserError(l10n.t('This network has no box {0}; it has {1}.', box, boxes.join(', ')));
  return box;
}

function bytesOf({ image, taps }: Passed): number {
  return [...taps.values()].reduce((sum, { data }) => sum + data.byteLength, image.data.byteLength);
}
