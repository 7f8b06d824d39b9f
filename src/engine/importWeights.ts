import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Imported, ImportOptions } from '../protocol';
import { foreignCheckpoint, foreignInfo, saveCheckpoint } from './checkpoint';
import { modelFacts } from './facts';
import { ensureFolder } from './atomic';
import type { ImageConfig } from './config/schema';
import { fitToPatch, pairOf } from './model/spec';
import { openPretrained } from './pretrained/open';
import { resolveCheckpoint } from './runStore';
import { UserError } from './userError';

/**
 * Opens weights of another project, says what was matched, and writes them as a checkpoint where that is wished.
 *
 * @throws UserError when they do not fit, or `out` exists and may not be replaced
 */
export async function importWeights(q: ImportOptions): Promise<Imported> {
  const out = q.out === undefined ? undefined : path.resolve(q.out);
  if (out !== undefined && !out.endsWith('.safetensors')) throw new UserError(l10n.t('A checkpoint is a .safetensors file, and {0} is none.', out), { file: out });
  if (out !== undefined && q.force !== true && existsSync(out)) throw new UserError(l10n.t('{0} exists already. Give --force to overwrite it.', out), { file: out });
  const pretrained = await openPretrained(await placeOf(q.path), q);
  if (out === path.resolve(pretrained.origin.file)) throw new UserError(l10n.t('{0} is what is imported: a checkpoint in its place would not be what lies beside it tells. Choose another file.', out), { file: out });
  const checkpoint = await foreignCheckpoint(pretrained);
  const { meta, params, spec } = checkpoint;
  if (out !== undefined) {
    await ensureFolder(path.dirname(out));
    await saveCheckpoint(out, params, meta);
  }
  const { image, model, train } = meta.config;
  return {
    checkpoint: await foreignInfo(checkpoint),
    origin: pretrained.origin,
    facts: modelFacts(spec, train.batch_size, fitToPatch(image, model)),
    classes: meta.classes,
    preprocessing: describePreprocessing(image),
    ...(out !== undefined && { out }),
  };
}

/** Of a run its best checkpoint, or the one that is named (`RUN@last`); everything else as it is given. */
async function placeOf(place: string): Promise<string> {
  const run = existsSync(path.join(place, 'run.json')) || (place.lastIndexOf('@') > 0 && !existsSync(place));
  return run ? resolveCheckpoint(place) : place;
}

/** How images become the network's input, in one line. */
function describePreprocessing({ size, channels, fit, crop_pct: kept, interpolation, mean, std }: ImageConfig): string {
  return l10n.t('Images: {0}, {1}, {2}; mean {3}; std {4}', [...pairOf(size), channels].join(' × '), kept === 1 ? fit : `${fit} ${kept}`, interpolation, mean.join(', '), std.join(', '));
}
