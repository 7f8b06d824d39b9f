import * as l10n from '@vscode/l10n';
import type { InspectorApi } from '../../../src/protocol';
import type { Client } from '../../../src/rpc';
import { el, fill } from '../../dom';
import type { Model, Session } from '../session';
import { baseName } from '../words';
import { setFeature } from './parts';
import { SPLITS } from './place';

const CHOOSE = '\u0000choose';

/** Chooses the images that others are compared with: a split of the run's dataset, or a folder. */
export function imageSetChoice(session: Session, client: Client<InspectorApi>): { readonly element: HTMLElement; update(model: Model): void } {
  const select = el('select', { onchange: () => choose(select.value) });
  const choose = (value: string): void => {
    if (value !== CHOOSE) return setFeature(session, { images: value });
    // Until one is chosen the old one stays.
    select.value = session.model().place.features.images;
    client.chooseFolder({}).then((found) => found && setFeature(session, { images: found.folder }), session.fail);
  };
  let filled: string | null = null;
  return {
    element: el('label', { class: 'field' }, el('span', { class: 'field-name' }, l10n.t('Images')), select),
    update({ place }) {
      const { images } = place.features;
      const names = { val: l10n.t('Validation'), test: l10n.t('Test'), train: l10n.t('Training') };
      const isFolder = !SPLITS.some((split) => split === images);
      if (filled !== images)
        fill(
          select,
          el('optgroup', { label: l10n.t('Dataset of the run') }, ...SPLITS.map((value) => el('option', { value }, names[value]))),
          ...(isFolder ? [el('option', { value: images, title: images }, baseName(images))] : []),
          el('option', { value: CHOOSE }, l10n.t('Choose a folder…')),
        );
      filled = images;
      select.value = images;
    },
  };
}
