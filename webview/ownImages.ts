import * as l10n from '@vscode/l10n';
import type { CheckpointInfo, ImageSet } from '../src/protocol';
import { el } from './dom';

/** What every panel asks that offers the images of a network's dataset: some networks came without them. */

type Trained = Pick<CheckpointInfo, 'withoutImages'> | null | undefined;
type SplitSet = Extract<ImageSet, { readonly split: string }>['split'];

export function hasOwnImages(checkpoint: Trained): boolean {
  return checkpoint?.withoutImages !== true;
}

/** Why the splits cannot be chosen, and what can; empty where they can. */
export function withoutImagesWords(checkpoint: Trained): string {
  return hasOwnImages(checkpoint) ? '' : l10n.t('This network comes without the images it was trained on; choose a folder of your own images.');
}

/** The splits of a network's dataset for a list of choices: greyed out, under the reason, where they did not come along. */
export function splitOptions(checkpoint: Trained, splits: readonly (readonly [split: SplitSet, name: string])[]): HTMLElement {
  const own = hasOwnImages(checkpoint);
  return el('optgroup', { label: own ? l10n.t('Dataset of the run') : l10n.t('These images did not come with the network'), disabled: !own }, ...splits.map(([value, name]) => el('option', { value }, name)));
}
