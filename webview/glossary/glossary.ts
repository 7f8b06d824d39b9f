import * as l10n from '@vscode/l10n';
import { searchTerms, termById, type Term } from '../../src/glossary/glossary';
import type { GlossaryApi, GlossaryState } from '../../src/protocol';
import { el, fill, oncePerFrame, setAttribute, setText, show } from '../dom';
import { openPage } from '../page';
import { termBody } from '../term';
import { loadWords } from '../translations';
import '../base.css';
import './glossary.css';

loadWords();
start();

/** What is searched for and what is read; kept over reloads. */
interface Kept {
  readonly query: string;
  readonly term: string | null;
  /** The last wish of the host that was followed. */
  readonly asked: number;
}

function readKept(kept: unknown): Kept {
  const { query, term, asked } = (kept ?? {}) as Partial<Kept>;
  return { query: typeof query === 'string' ? query : '', term: typeof term === 'string' ? term : null, asked: typeof asked === 'number' ? asked : 0 };
}

/** A search field, the list of terms and the one that is read. Arrows go through the list, also from the field. */
function start(): void {
  const page = openPage<GlossaryApi, GlossaryState, Kept>({
    readKept,
    render: () => render(),
    onState: ({ term, asked }, kept) => (asked === kept.asked ? {} : { asked, ...(term !== null && { term, query: '' }) }),
  });
  const { set } = page;
  const field = el('input', { type: 'search', class: 'search', 'aria-label': l10n.t('Search the glossary'), placeholder: l10n.t('Search: attention, F1 …'), oninput: () => set({ query: field.value }) });
  const count = el('p', { class: 'count', role: 'status' });
  const list = el('ul', { class: 'list', role: 'listbox', 'aria-label': l10n.t('Terms') });
  const entry = el('article', { class: 'entry', 'aria-live': 'polite' });
  const empty = el('p', { class: 'none' }, l10n.t('No term of the glossary holds these words.'));
  document.getElementById('app')?.replaceChildren(el('main', { class: 'glossary' }, el('div', { class: 'side' }, field, count, empty, list), entry));

  const found = (): readonly Term[] => {
    const terms = searchTerms(page.kept.query);
    return page.kept.query === '' ? [...terms].sort((a, b) => a.name.localeCompare(b.name, document.documentElement.lang || 'en')) : terms;
  };
  const read = (): Term | undefined => {
    const terms = found();
    return terms.find(({ id }) => id === page.kept.term) ?? terms[0];
  };
  const move = (event: KeyboardEvent): void => {
    const by = ({ ArrowDown: 1, ArrowUp: -1 } as const)[event.key];
    if (!by) return;
    event.preventDefault();
    const terms = found();
    const at = terms.findIndex(({ id }) => id === read()?.id);
    const next = terms[Math.min(terms.length - 1, Math.max(0, at + by))];
    if (next) set({ term: next.id });
    if (document.activeElement !== field) requestAnimationFrame(() => list.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
  };
  field.addEventListener('keydown', move);
  list.addEventListener('keydown', move);

  let listed = '';
  const render = oncePerFrame(() => {
    if (field.value !== page.kept.query) field.value = page.kept.query;
    const terms = found();
    const shown = read();
    const key = terms.map(({ id }) => id).join();
    if (key !== listed) fill(list, ...terms.map(({ id, name }) => el('li', { role: 'option', 'data-term': id, onclick: () => set({ term: id }) }, name)));
    listed = key;
    for (const item of list.querySelectorAll<HTMLElement>('li')) mark(item, item.dataset['term'] === shown?.id);
    setText(count, terms.length === 1 ? l10n.t('1 term') : l10n.t('{0} terms', terms.length));
    show(empty, terms.length === 0);
    show(entry, shown !== undefined);
    if (shown && entry.dataset['term'] !== shown.id) fill(entry, ...entryOf(shown));
    entry.dataset['term'] = shown?.id ?? '';
  });
  render();
  page.begin();
}

function mark(item: HTMLElement, chosen: boolean): void {
  setAttribute(item, 'aria-selected', String(chosen));
  setAttribute(item, 'tabindex', chosen ? 0 : -1);
  if (chosen) item.scrollIntoView({ block: 'nearest' });
}

function entryOf(term: Term): readonly (HTMLElement | null)[] {
  const known = termById(term.id) ?? term;
  const others = known.also.filter((name) => name.toLowerCase() !== known.name.toLowerCase());
  return [
    el('h1', {}, known.name),
    ...termBody(known),
    others.length === 0 ? null : el('p', { class: 'term-fact' }, el('span', { class: 'field-name' }, `${l10n.t('Also, or as a name in tables and files:')} `), others.join(', ')),
    el('p', { class: 'term-fact' }, el('span', { class: 'field-name' }, `${l10n.t('In a terminal:')} `), el('code', {}, `vit-lab explain ${known.id}`)),
  ];
}
