import * as l10n from '@vscode/l10n';
import type { InspectorApi } from '../../../src/protocol';
import type { Client } from '../../../src/rpc';
import { button } from '../../button';
import { el, fill, setText, show } from '../../dom';
import { hasOwnImages, splitOptions, withoutImagesWords } from '../../ownImages';
import type { Model, Session } from '../session';
import { baseName } from '../words';
import { hasSet } from './model';
import { setFeature } from './parts';
import { SPLITS } from './place';

const CHOOSE = '\u0000choose';

export interface ImageSetChoice {
  readonly element: HTMLElement;
  /** Why the splits cannot be chosen, and the way out of it: nothing while there is something to compare with. */
  readonly note: HTMLElement;
  update(model: Model): void;
}

/** Chooses the images that others are compared with: a split of the run's dataset, or a folder. */
export function imageSetChoice(session: Session, client: Client<InspectorApi>): ImageSetChoice {
  const select = el('select', { onchange: () => choose(select.value) });
  const askFolder = (): void => void client.chooseFolder({}).then((found) => found && setFeature(session, { images: found.folder }), session.fail);
  const choose = (value: string): void => {
    if (value !== CHOOSE) return setFeature(session, { images: value });
    // Until one is chosen the old one stays.
    select.value = valueOf(session.model());
    askFolder();
  };
  const reason = el('span');
  const note = el('p', { class: 'without-images' }, reason, button(l10n.t('Choose a folder…'), askFolder));
  let filled = '';
  return {
    element: el('label', { class: 'field' }, el('span', { class: 'field-name' }, l10n.t('Images')), select),
    note,
    update(model) {
      const { images } = model.place.features;
      const checkpoint = model.state?.view?.checkpoint;
      const key = JSON.stringify([images, hasOwnImages(checkpoint)]);
      if (filled !== key) fill(select, ...options(model));
      filled = key;
      select.value = valueOf(model);
      setText(reason, withoutImagesWords(checkpoint));
      show(note, !hasSet(model) && model.state?.standalone !== true);
    },
  };
}

function valueOf(model: Model): string {
  return hasSet(model) ? model.place.features.images : '';
}

function options(model: Model): readonly HTMLElement[] {
  const { images } = model.place.features;
  const names = { val: l10n.t('Validation'), test: l10n.t('Test'), train: l10n.t('Training') };
  const isFolder = !SPLITS.some((split) => split === images);
  return [
    ...(hasSet(model) ? [] : [el('option', { value: '', disabled: true }, l10n.t('none chosen'))]),
    splitOptions(model.state?.view?.checkpoint, SPLITS.map((value) => [value, names[value]])),
    ...(isFolder ? [el('option', { value: images, title: images }, baseName(images))] : []),
    el('option', { value: CHOOSE }, l10n.t('Choose a folder…')),
  ];
}
