import * as l10n from '@vscode/l10n';
import type { InspectorApi, InspectorState, Prediction } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { button } from '../button';
import { el, fill, setAttribute, setText, show } from '../dom';
import { percent, points } from '../numbers';
import { checkpointOptions, probeFrame, probeValue } from './checkpointList';
import { createEpochs } from './epochs';
import type { Part } from './hero';
import { isBroken, type Model, type Session } from './session';
import { baseName, checkpointName } from './words';

/** Which checkpoint and image stand beside those of the panel, and what both say of them. */
export function createBesideBar(client: Client<InspectorApi>, session: Session): Part {
  const call = (promise: Promise<unknown>): void => void promise.catch(session.fail);
  const put = (change: Partial<{ checkpoint: string | null; file: string | null }>): void => {
    const against = session.model().state?.against;
    if (against) call(client.compareWith({ against: { checkpoint: against.checkpoint, file: against.file, ...change } }));
  };
  const select = el('select', {
    class: 'checkpoint', 'aria-label': l10n.t('Checkpoint of B'),
    onchange: () => put({ checkpoint: select.value === '' ? null : (probeFrame(session.model().state, select.value) ?? select.value) }),
  });
  const epochs = createEpochs(({ path }) => put({ checkpoint: path }));
  const file = el('span', { class: 'file' });
  const open = button(l10n.t('Other Image…'), () => call(client.openImage({ side: 'b' })));
  const same = button(l10n.t('Image of A'), () => put({ file: null }));
  const swap = button(l10n.t('Swap'), () => call(client.swapSides({})));
  const leave = button(l10n.t('Leave B'), () => call(client.compareWith({ against: null })));
  setAttribute(swap, 'title', l10n.t('A becomes B, and B becomes A; the network of A is the one that ViT Lab uses everywhere'));
  const problem = el('p', { class: 'error-text', role: 'alert' });
  const table = el('table', { class: 'beside-predictions' });
  const differ = el('p', { class: 'caption', role: 'status' });
  const row = el('div', { class: 'toolbar-row' }, el('span', { class: 'beside-name' }, 'B'), select, epochs.element, file, open, same, swap, leave);
  // Without B none of it is in the page.
  const element = el('div', { class: 'beside' });
  let listed = '';
  let told = '';
  const update = (model: Model): void => {
    const { state } = model;
    const against = state?.against ?? null;
    if (!state || !against) return fill(element);
    if (element.childElementCount === 0) fill(element, row, problem, table, differ);
    const list = JSON.stringify([state.checkpoints.map((one) => [one.path, checkpointName(one)]), state.probe?.run, state.probe?.frame != null]);
    if (listed !== list) fill(select, el('option', { value: '' }, l10n.t('the checkpoint of A')), ...checkpointOptions(state, state.probe?.frame != null));
    listed = list;
    select.value = selected(state, against.checkpoint);
    epochs.update(besideState(state));
    setText(file, against.file === null ? l10n.t('the image of A') : baseName(against.file));
    setAttribute(file, 'title', against.file ?? undefined);
    // A look that a training kept is of its own image alone.
    show(open, state.probe?.frame == null && !state.standalone);
    show(same, against.file !== null && !state.standalone);
    for (const part of [swap, leave]) show(part, !state.standalone);
    show(problem, against.error !== null);
    setText(problem, against.error === null ? '' : `B: ${against.error}`);
    const key = JSON.stringify([isBroken(model), model.state?.view?.predictions, model.other?.view.predictions]);
    if (told !== key) fill(table, ...(isBroken(model) ? [] : predictionRows(model)));
    told = key;
    setText(differ, isBroken(model) ? '' : classesWords(model));
    show(differ, differ.textContent !== '');
  };
  return { element, update };
}

function selected({ probe }: InspectorState, checkpoint: string | null): string {
  if (checkpoint === null) return '';
  const image = probe?.images.findIndex(({ frames }) => frames.some(({ path }) => path === checkpoint)) ?? -1;
  return image < 0 ? checkpoint : probeValue(image);
}

/** The state as the slider of epochs reads it, with B in the place of A. */
function besideState(state: InspectorState): InspectorState {
  const { against, probe } = state;
  const checkpoint = against?.checkpoint ?? state.checkpoint;
  const frame = probe?.images.some(({ frames }) => frames.some(({ path }) => path === checkpoint)) ? checkpoint : null;
  return { ...state, checkpoint, view: against?.view ?? null, probe: probe && { ...probe, frame } };
}

/** Said where the answers of the two are not about the same. */
function classesWords({ state, other }: Model): string {
  const [a, b] = [state?.view?.classes ?? [], other?.view.classes ?? []];
  if (!state?.view || !other || a.length === 0 || b.length === 0 || (a.length === b.length && a.every((name, i) => b[i] === name))) return '';
  const common = a.filter((name) => b.includes(name)).length;
  if (common === a.length && common === b.length) return '';
  return common === 0
    ? l10n.t('A and B know different classes, and none in common: their answers cannot be compared. A dash stands where one does not know the class.')
    : l10n.t('A and B know different classes: {0} of A, {1} of B, {2} in common. A dash stands where one does not know the class.', a.length, b.length, common);
}

/** The likeliest classes of both, with what B gives more: in points, since both are percentages. */
function predictionRows({ state, other }: Model): readonly HTMLElement[] {
  const [a, b] = [state?.view, other?.view];
  if (!a || !b || a.classes.length === 0 || b.classes.length === 0) return [];
  const labels = [...new Set([...a.predictions.slice(0, 4), ...b.predictions.slice(0, 4)].map(({ label }) => label))].slice(0, 6);
  const of = ({ classes, probabilities }: typeof a, label: string): number | null => {
    const at = classes.indexOf(label);
    return at < 0 ? null : (probabilities[at] ?? 0);
  };
  const cell = (value: string): HTMLElement => el('td', { class: 'number' }, value);
  const head = (text: string): HTMLElement => el('th', { scope: 'col', class: 'number' }, text);
  const rows = labels.map((label) => {
    const [p, q] = [of(a, label), of(b, label)];
    const first = (predictions: readonly Prediction[]): boolean => predictions[0]?.label === label;
    const marks = `${first(a.predictions) ? ' A' : ''}${first(b.predictions) ? ' B' : ''}`.trim();
    return el('tr', {},
      el('th', { scope: 'row' }, label, marks ? el('span', { class: 'beside-mark', title: l10n.t('The likeliest class of {0}', marks) }, marks) : null),
      cell(p === null ? '–' : percent(p)), cell(q === null ? '–' : percent(q)), cell(p === null || q === null ? '–' : points(q - p)), el('td', { 'aria-hidden': 'true' }, p === null || q === null ? null : change(q - p)));
  });
  return [el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, l10n.t('Class')), head(l10n.t('A, probability')), head(l10n.t('B, probability')), head(l10n.t('B − A, points')), el('td', {}))), el('tbody', {}, ...rows)];
}

/** A bar from the middle: to the right what B gives more, to the left what it gives less. */
function change(difference: number): HTMLElement {
  const bar = el('span', { class: difference < 0 ? 'change less' : 'change' });
  bar.style.width = `${String(Math.min(1, Math.abs(difference)) * 50)}%`;
  bar.style.left = `${String(50 - (difference < 0 ? Math.min(1, -difference) * 50 : 0))}%`;
  return el('span', { class: 'change-track' }, bar);
}
