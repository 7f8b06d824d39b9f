import * as l10n from '@vscode/l10n';
import type { InspectorApi, Neighbour, NeighboursView } from '../../../src/protocol';
import type { Client } from '../../../src/rpc';
import { el, fill, setText, show } from '../../dom';
import { fixed, integer } from '../../numbers';
import { canvasOf, type Part } from '../hero';
import type { Model, Session } from '../session';
import { baseName } from '../words';
import { imageSetChoice } from './imageSetChoice';
import { hasSet, longKey, setOf } from './model';
import { lockAlone, selectOf, setFeature, startRow, tableFold } from './parts';

const COUNTS = ['6', '12', '24', '48'] as const;

/** The images of a set whose features are nearest; a click opens one. */
export function createNeighboursView(session: Session, client: Client<InspectorApi>): Part {
  const images = imageSetChoice(session, client);
  const count = selectOf(l10n.t('So many'), COUNTS.map((one) => [one, one]), (value) => setFeature(session, { count: Number(value) }));
  const start = startRow(session, 'neighbours', l10n.t('Find Neighbours'), hasSet);
  const summary = el('p', { class: 'summary' });
  const list = el('ol', { class: 'neighbours', 'aria-label': l10n.t('Nearest images, the nearest first') });
  const open = (index: number): void => {
    const { view, standalone } = session.model().state ?? {};
    if (view && !standalone) void client.openNeighbour({ checkpoint: view.checkpoint.path, images: setOf(session.model().place.features), index }).catch(session.fail);
  };
  let shown: NeighboursView | null = null;
  const table = tableFold(() => shown && { head: [l10n.t('Image'), l10n.t('Class'), l10n.t('Cosine')], body: shown.neighbours.map(({ name, label, similarity }) => [name, label ?? '–', fixed(similarity, 4)]) });
  const update = (model: Model): void => {
    images.update(model);
    count.set(String(model.place.features.count));
    start.update(model);
    lockAlone(model, images.element, count.element);
    // Those of another set are no answer.
    const found = model.features.neighboursOf === longKey('neighbours', model) ? model.features.neighbours : null;
    const standalone = model.state?.standalone === true;
    show(start.element, !(found && standalone));
    show(hint, !standalone);
    start.element.classList.toggle('quiet', found !== null);
    if (found !== shown) fill(list, ...(found?.neighbours.map((one) => tile(one, open, !standalone)) ?? []));
    shown = found;
    setText(summary, found ? neighboursSummary(found) : '\u00a0');
    table.update(found);
  };
  list.addEventListener('keydown', (event) => moveAmong(list, event));
  const hint = el('p', { class: 'caption' }, l10n.t('Features are computed once for each checkpoint and set of images, and kept on this machine. A click opens an image and looks inside it.'));
  const element = el('div', {}, el('div', { class: 'row' }, images.element, count.element), images.note, start.element, summary, list, hint, table.element);
  return { element, update };
}

export function neighboursSummary({ neighbours, of, skipped, width }: NeighboursView): string {
  const others = neighbours.filter(({ same, label }) => !same && label !== null);
  const votes = new Map<string, number>();
  for (const { label } of others) if (label !== null) votes.set(label, (votes.get(label) ?? 0) + 1);
  const [winner] = [...votes].sort((a, b) => b[1] - a[1]);
  const said = l10n.t('{0} nearest of {1} images, by {2} features.', neighbours.length, integer(of), integer(width));
  const vote = winner ? ` ${l10n.t('{0} of the {1} others are {2}.', winner[1], others.length, winner[0])}` : '';
  return said + vote + (skipped > 0 ? ` ${l10n.t('Not readable: {0}.', integer(skipped))}` : '');
}

function tile({ picture, label, similarity, same, name, index }: Neighbour, open: (index: number) => void, opens: boolean): HTMLElement {
  const canvas = el('canvas', { width: picture.width, height: picture.height, 'aria-hidden': 'true' });
  canvas.getContext('2d')?.drawImage(canvasOf(picture), 0, 0);
  const title = label ?? baseName(name);
  return el(
    'li',
    {},
    el('button', { type: 'button', class: 'neighbour', title: name, 'aria-disabled': opens ? undefined : 'true', onclick: () => open(index), 'aria-label': `${title}, ${fixed(similarity, 3)}${same ? `, ${l10n.t('this image')}` : ''}` },
      el('span', { class: 'neighbour-picture' }, canvas), el('span', { class: 'neighbour-label' }, title), el('span', { class: 'neighbour-number' }, same ? `${fixed(similarity, 3)}\n${l10n.t('this image')}` : fixed(similarity, 3))),
  );
}

/** Arrow keys go from image to image; Enter opens. */
function moveAmong(list: HTMLElement, event: KeyboardEvent): void {
  const by = ({ ArrowLeft: -1, ArrowRight: 1 } as const)[event.key as 'ArrowLeft'];
  if (by === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const all = [...list.querySelectorAll<HTMLElement>('button')];
  all[all.indexOf(document.activeElement as HTMLElement) + by]?.focus();
}
