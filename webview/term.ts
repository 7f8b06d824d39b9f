import * as l10n from '@vscode/l10n';
import { termById, termOfMetric, type Term } from '../src/glossary/glossary';
import { button } from './button';
import { el } from './dom';

/** How the glossary is opened at a term; a saved page has no host to open it. */
let openGlossary: ((id: string) => void) | null = null;

export function onOpenGlossary(open: (id: string) => void): void {
  openGlossary = open;
}

/** A word of the field with a dotted line below it: a press explains it, and leads on to the glossary. */
export function termLink(id: string, text?: string): HTMLElement | string {
  const found = termById(id);
  if (!found) return text ?? id;
  return el('button', { type: 'button', class: 'term', 'data-term': id, 'aria-haspopup': 'dialog', title: found.definition, onclick: (event: MouseEvent) => explain(found, event) }, text ?? found.name);
}

/** The same for the name of a metric; one that the glossary does not know stays text. */
export function metricLink(name: string): HTMLElement | string {
  const found = termOfMetric(name);
  return found ? termLink(found.id, name) : name;
}

/** A small question mark, for where the word itself does something else when it is pressed. */
export function termMark(id: string | undefined): HTMLElement | null {
  const found = id === undefined ? undefined : termById(id);
  if (!found) return null;
  const label = l10n.t('What is {0}?', found.name);
  return el('button', { type: 'button', class: 'term-mark', 'data-term': found.id, 'aria-haspopup': 'dialog', 'aria-label': label, title: found.definition, onclick: (event: MouseEvent) => explain(found, event) }, '?');
}

/** The terms that belong to a picture, in one line. */
export function termLine(ids: readonly string[]): HTMLElement | null {
  if (ids.length === 0) return null;
  return el('p', { class: 'terms' }, l10n.t('Terms:'), ...ids.flatMap((id) => [' ', termLink(id)]));
}

/** Formula, source and where to see it: the body of a card and of the glossary. */
export function termBody({ definition, formula, source, seen }: Term): readonly (HTMLElement | null)[] {
  const row = (name: string, text: string): HTMLElement | null => (text === '' ? null : el('p', { class: 'term-fact' }, el('span', { class: 'field-name' }, `${name} `), text));
  return [el('p', {}, definition), formula === undefined ? null : el('pre', { class: 'formula' }, formula), row(l10n.t('Source:'), source), row(l10n.t('Where to see it:'), seen)];
}

/** A card over the page; Escape, a click beside it and its button close it, and the focus goes back to the word. */
function explain(term: Term, event: MouseEvent): void {
  // The word may stand in a heading that sorts, or in a row that is chosen.
  event.stopPropagation();
  event.preventDefault();
  const card = el('dialog', { class: 'term-card', 'aria-label': term.name, onclick: (press: MouseEvent) => press.target === card && card.close() });
  const onwards = openGlossary && button(l10n.t('Open the Glossary'), () => {
    openGlossary?.(term.id);
    card.close();
  });
  card.append(el('div', { class: 'term-inside' }, el('h2', {}, term.name), ...termBody(term).filter((part) => part !== null), el('div', { class: 'buttons' }, button(l10n.t('Close'), () => card.close(), 'primary'), onwards)));
  card.addEventListener('close', () => card.remove());
  // The keys of the page are not meant while it is open.
  card.addEventListener('keydown', (key) => key.stopPropagation());
  document.body.append(card);
  card.showModal();
}
