import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { writeShapes } from '../../dataset/shapes';
import { exists } from '../../runs/files';
import { UserError } from '../../userError';
import type { Pipeline } from '../schema';
import type { Step } from '../step';

/** Draws the sample where it is not there, as another project would download its data. Never touches a folder that is. */
export function rawStep(sample: NonNullable<Pipeline['sample']>): Step {
  const { folder, images, size, seed } = sample;
  return {
    name: 'raw',
    kind: 'raw',
    after: [],
    inputs: () => Promise.resolve({ 'sample.images': String(images), 'sample.size': String(size), 'sample.seed': String(seed), 'sample.folder': folder }),
    async run({ plan, signal, progress, log }, _, before) {
      const place = path.resolve(plan.folder, folder);
      const parts = await Promise.all(['train', 'val', 'test'].map((split) => exists(path.join(place, split))));
      if (!parts.some(Boolean)) {
        await drawSample(place, sample, signal, (done, of) => progress(l10n.t('Drawing {0}/{1}', done, of), done / of));
        return { outputs: [folder] };
      }
      if (!parts.every(Boolean)) throw new UserError(l10n.t('{0} is not whole: train, val or test is missing. Raw data are never changed: delete the folder to draw it anew.', place), { file: place });
      const same = before && before.inputs['sample.images'] === String(images) && before.inputs['sample.size'] === String(size) && before.inputs['sample.seed'] === String(seed);
      if (before && !same) throw new UserError(l10n.t('{0} has images already, drawn as sample said before. Raw data are never changed: delete the folder to draw it anew, or name another one in sample.folder.', place), { file: place });
      if (before) log('warning', l10n.t('{0} is not as it was drawn, and is left as it is.', folder));
      return { outputs: [folder] };
    },
  };
}

export async function drawSample(place: string, { images, size, seed }: Omit<NonNullable<Pipeline['sample']>, 'folder'>, signal: AbortSignal, onProgress: (done: number, of: number) => void): Promise<void> {
  await writeShapes(place, {
    images, size, seed,
    onProgress: (done, of) => {
      signal.throwIfAborted();
      onProgress(done, of);
    },
  });
}
