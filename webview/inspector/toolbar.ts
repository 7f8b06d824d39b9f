import * as l10n from '@vscode/l10n';
import type { CheckpointInfo, InspectorApi, InspectorState, Prediction } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { button, enable } from '../button';
import { el, fill, setAttribute, setText, show } from '../dom';
import { percent } from '../numbers';
import type { Part } from './hero';
import { attends, isBroken, type Model, type Session } from './session';

/** So many times the network's own size: tokens grow with the square, and attention with the square of that. */
const SIZES = [1, 1.5, 2, 3, 4] as const;

/** Which checkpoint, which image, what it is taken for. */
export function createToolbar(client: Client<InspectorApi>, session: Session, onExport: () => void): Part {
  const call = (promise: Promise<unknown>): void => void promise.catch(session.fail);
  const select = el('select', {
    class: 'checkpoint', 'aria-label': l10n.t('Checkpoint'),
    onchange: () => call(client.chooseCheckpoint({ checkpoint: select.value })),
  });
  const epochs = createEpochs((checkpoint) => call(client.chooseCheckpoint({ checkpoint })));
  const file = el('span', { class: 'file' });
  const pin = button(l10n.t('Pin'), () => call(client.pin({ pinned: !session.model().state?.pinned })));
  const size = el('select', {
    class: 'size', 'aria-label': l10n.t('Image size'), title: l10n.t('Give the image to the network larger than it was trained on: positions are resampled, and attention becomes finer'),
    onchange: () => call(client.enlarge({ times: Number(size.value) })),
  }, ...SIZES.map((times) => el('option', { value: String(times) }, `× ${String(times)}`)));
  const save = button(l10n.t('Save Figure…'), onExport);
  const predictions = createPredictions();
  const element = el(
    'header',
    { class: 'toolbar' },
    el('div', { class: 'toolbar-row' }, select, epochs.element, file, size, pin, save),
    predictions.element,
  );
  let listed: InspectorState['checkpoints'] | null = null;
  const update = (model: Model): void => {
    const { state } = model;
    if (!state) return;
    if (listed !== state.checkpoints) fillCheckpoints(select, state.checkpoints);
    listed = state.checkpoints;
    if (state.checkpoint !== null) select.value = state.checkpoint;
    setAttribute(select, 'title', select.selectedOptions[0]?.text);
    epochs.update(state.checkpoints, state.checkpoint);
    show(select, state.checkpoints.length > 0);
    setText(file, state.file ? baseName(state.file) : '');
    setAttribute(file, 'title', state.file ?? undefined);
    setText(pin, state.pinned ? l10n.t('Pinned') : l10n.t('Pin'));
    setAttribute(pin, 'aria-pressed', String(state.pinned));
    setAttribute(pin, 'title', state.pinned ? l10n.t('Stays on this image. Press to follow the editor.') : l10n.t('Follows the image in the editor. Press to stay on this one.'));
    size.value = String(state.times);
    show(size, state.view !== null && attends(state.view));
    enable(pin, state.file !== null);
    const broken = isBroken(model);
    enable(save, state.view !== null && !broken);
    predictions.update(broken ? [] : (state.view?.predictions ?? []));
  };
  return { element, update };
}

export function baseName(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}

/** Checkpoints under the name of their run. */
function fillCheckpoints(select: HTMLSelectElement, checkpoints: readonly CheckpointInfo[]): void {
  const runs = new Map<string, CheckpointInfo[]>();
  for (const checkpoint of checkpoints) runs.set(checkpoint.run, [...(runs.get(checkpoint.run) ?? []), checkpoint]);
  fill(
    select,
    ...[...runs.values()].map((group) =>
      el(
        'optgroup',
        { label: group[0]?.runName ?? '' },
        ...group.map((checkpoint) => el('option', { value: checkpoint.path }, checkpointName(checkpoint))),
      ),
    ),
  );
}

/** Moves through the checkpoints of a run: what the network sees in the image as it learns. */
function createEpochs(choose: (checkpoint: string) => void): { readonly element: HTMLElement; readonly update: (all: readonly CheckpointInfo[], chosen: string | null) => void } {
  let steps: readonly CheckpointInfo[] = [];
  const label = el('span', { class: 'epoch-label', 'aria-hidden': 'true' });
  const range = el('input', {
    type: 'range', class: 'epoch-range', min: '0', step: '1', 'aria-label': l10n.t('Epoch'), title: l10n.t('Back and forth through the checkpoints of the run (arrow keys)'),
    oninput: () => {
      const one = steps[Number(range.value)];
      if (!one) return;
      name(one);
      choose(one.path);
    },
  });
  const name = (one: CheckpointInfo): void => {
    setText(label, l10n.t('epoch {0}', one.epoch));
    setAttribute(range, 'aria-valuetext', checkpointName(one));
  };
  const element = el('span', { class: 'epochs' }, range, label);
  const update = (all: readonly CheckpointInfo[], chosen: string | null): void => {
    const current = all.find(({ path }) => path === chosen);
    steps = current ? all.filter(({ run, scheme }) => run === current.run && scheme === undefined).sort((a, b) => a.step - b.step) : [];
    show(element, steps.length > 1);
    if (!current || steps.length < 2) return;
    range.max = String(steps.length - 1);
    range.value = String(steps.findIndex(({ path }) => path === chosen));
    name(current);
  };
  return { element, update };
}

export function checkpointName(checkpoint: CheckpointInfo): string {
  const marks = [checkpoint.best ? l10n.t('best') : '', checkpoint.last ? l10n.t('last') : ''].filter(Boolean).join(', ');
  const top1 = checkpoint.metrics['val/top1'];
  const score = top1 === undefined ? '' : ` · ${percent(top1)}`;
  return `${checkpoint.runName} · ${checkpoint.scheme ?? l10n.t('epoch {0}', checkpoint.epoch)}${marks ? ` (${marks})` : ''}${score}`;
}

/** The five likeliest classes as bars with numbers; room for five is kept. */
function createPredictions() {
  const items = Array.from({ length: 5 }, () => {
    const label = el('span', { class: 'prediction-label' });
    const number = el('span', { class: 'prediction-number' });
    const bar = el('span', { class: 'bar-fill' });
    const element = el('li', { class: 'prediction' }, label, number, el('span', { class: 'bar', 'aria-hidden': 'true' }, bar));
    return { element, label, number, bar };
  });
  const element = el('ol', { class: 'predictions', 'aria-label': l10n.t('Predictions') }, ...items.map((item) => item.element));
  const update = (predictions: readonly Prediction[]): void => {
    for (const [i, { element: item, label, number, bar }] of items.entries()) {
      const one = predictions[i];
      item.classList.toggle('invisible', !one);
      setText(label, one?.label ?? '\u00a0');
      setAttribute(label, 'title', one?.label);
      setText(number, one ? percent(one.probability) : '');
      bar.style.width = `${String((one?.probability ?? 0) * 100)}%`;
    }
  };
  return { element, update };
}
