import * as l10n from '@vscode/l10n';
import type { Against, CheckpointInfo, InspectorApi, InspectorState, Prediction } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { button, enable } from '../button';
import { el, fill, setAttribute, setText, show } from '../dom';
import { createBesideBar } from './besideBar';
import { checkpointOptions, probeFrame, probeValue } from './checkpointList';
import { createEpochs } from './epochs';
import { createExportMenu, type Exports } from './exportMenu';
import { createKnownClasses } from './knownClasses';
import { createPredictionCurve } from './predictionCurve';
import { extent } from '../draw/heatmap';
import { baseName, checkpointName } from './words';
import { percent } from '../numbers';
import type { Part } from './hero';
import { attends, isBroken, type Model, type Session } from './session';
import { scaleOf, shown } from './shown';
import { sideOf } from './sides';

/** So many times the network's own size: tokens grow with the square, and attention with the square of that. */
const SIZES = [1, 1.5, 2, 3, 4] as const;

/** Whose scale was held still for playing once: who gives each map its own again is not asked twice. */
const playedFor = new WeakSet<Session>();

/** So many times the share that each patch would have of all alike: an untrained network's map tells little of how far others go. */
const ROOM = 4;

/** Epochs that play one after the other have one scale, or a map would look the same whatever it grows to: that of the map that is shown, with room for it to grow. */
function held(session: Session): void {
  const model = session.model();
  const map = scaleOf({ ...model.place, scale: 'fixed' }) === 'fixed' && sideOf(model) !== 'difference' ? shown(model)?.map : undefined;
  if (!map || model.place.scale !== 'map' || playedFor.has(session)) return;
  playedFor.add(session);
  session.act({ type: 'set', change: { scale: 'fixed', ceiling: Math.min(1, Math.ceil(Math.max(extent(map.values).high, ROOM / map.values.length) * 100) / 100) } });
}

/** Which checkpoint, which image, what it is taken for. */
export function createToolbar(client: Client<InspectorApi>, session: Session, exports: Exports): Part {
  const call = (promise: Promise<unknown>): void => void promise.catch(session.fail);
  const select = el('select', {
    class: 'checkpoint', 'aria-label': l10n.t('Checkpoint'),
    onchange: () => call(chosen(client, session.model().state, select.value)),
  });
  const epochs = createEpochs(({ path, frame }) => call(frame ? client.chooseFrame({ frame: path }) : client.chooseCheckpoint({ checkpoint: path })), () => held(session));
  const curve = createPredictionCurve((frame) => call(client.chooseFrame({ frame })));
  const following = el('span', { class: 'following' }, l10n.t('live'));
  const file = el('span', { class: 'file' });
  const pin = button(l10n.t('Pin'), () => call(client.pin({ pinned: !session.model().state?.pinned })));
  const size = el('select', {
    class: 'size', 'aria-label': l10n.t('Image size'), title: l10n.t('Give the image to the network larger than it was trained on: positions are resampled, and attention becomes finer'),
    onchange: () => call(client.enlarge({ times: Number(size.value) })),
  }, ...SIZES.map((times) => el('option', { value: String(times) }, `× ${String(times)}`)));
  const compare = button('A | B', () => call(client.compareWith({ against: session.model().state?.against ? null : firstAgainst(session.model().state) })));
  const save = createExportMenu(exports);
  const beside = createBesideBar(client, session);
  const known = createKnownClasses(client, session, () => choose(select));
  const predictions = createPredictions();
  const element = el(
    'header',
    { class: 'toolbar' },
    el('div', { class: 'toolbar-row' }, select, epochs.element, following, file, size, pin, compare, save.element),
    beside.element,
    known.element,
    predictions.element,
    curve.element,
  );
  let listed = '';
  const update = (model: Model): void => {
    const { state } = model;
    if (!state) return;
    const { probe } = state;
    const list = JSON.stringify([state.checkpoints.map((one) => [one.path, checkpointName(one)]), probe?.run, probe?.images.map(({ source }) => source)]);
    if (listed !== list) fill(select, ...checkpointOptions(state));
    listed = list;
    if (probe?.frame != null) select.value = probeValue(probe.image);
    else if (state.checkpoint !== null) select.value = state.checkpoint;
    show(following, probe?.following === true);
    setAttribute(following, 'title', l10n.t('The newest epoch is shown as it comes; moving back through the epochs ends that.'));
    setAttribute(select, 'title', select.selectedOptions[0]?.text);
    epochs.update(state);
    curve.update(state);
    show(select, state.checkpoints.length > 0 || probe !== null);
    setText(file, state.file ? baseName(state.file) : '');
    setAttribute(file, 'title', state.file ?? undefined);
    setText(pin, state.pinned ? l10n.t('Pinned') : l10n.t('Pin'));
    setAttribute(pin, 'aria-pressed', String(state.pinned));
    setAttribute(pin, 'title', state.pinned ? l10n.t('Stays on this image. Press to follow the editor.') : l10n.t('Follows the image in the editor. Press to stay on this one.'));
    size.value = String(state.times);
    show(size, state.view !== null && attends(state.view) && probe?.frame == null && !state.standalone);
    enable(pin, state.file !== null);
    const broken = isBroken(model);
    setAttribute(compare, 'aria-pressed', String(state.against !== null));
    setAttribute(compare, 'title', state.against ? l10n.t('Compared with B. Press to leave B.') : l10n.t('Put another checkpoint, epoch or image beside this one'));
    enable(compare, state.view !== null && !broken);
    save.enable(state.view !== null && !broken);
    beside.update(model);
    // A page that was saved has nothing else to choose.
    for (const part of [pin, compare]) show(part, !state.standalone);
    save.setPages(!state.standalone);
    known.update(model);
    show(predictions.element, state.against === null);
    predictions.update(broken ? [] : (state.view?.predictions ?? []));
  };
  return { element, update };
}

/**
 * What is compared at first: another epoch of the same run, else a network of the same classes, whose answers can be set side by
 * side; where there is none, the best of the others, and where there is no other the image waits for another one. What ended
 * within its first epoch has learned next to nothing, and comes only where there is nothing else.
 */
export function firstAgainst(state: Pick<InspectorState, 'probe' | 'checkpoint' | 'checkpoints'> | null): Against {
  const frames = state?.probe?.frame == null ? [] : (state.probe.images[state.probe.image]?.frames ?? []);
  const first = frames.find(({ path }) => path !== state?.checkpoint);
  if (first) return { checkpoint: first.path, file: null };
  const own = state?.checkpoints.find(({ path }) => path === state.checkpoint);
  const all = (state?.checkpoints ?? []).filter(({ path }) => path !== own?.path);
  const whole = all.filter(({ epoch, scheme }) => epoch > 0 || scheme !== undefined);
  const others = whole.length > 0 ? whole : all;
  const sibling = others.filter(({ run }) => run === own?.run).sort((a, b) => a.epoch - b.epoch)[0];
  const alike = others.filter(({ classKey }) => classKey !== undefined && classKey === own?.classKey);
  return { checkpoint: (sibling ?? best(alike) ?? best(others))?.path ?? null, file: null };
}

/** Of several the best of its run, and of these the one that was right most often. */
function best(checkpoints: readonly CheckpointInfo[]): CheckpointInfo | undefined {
  const rank = (one: CheckpointInfo): number => (one.best ? 1 : 0) + (one.metrics['val/top1'] ?? 0) / 2;
  return [...checkpoints].sort((a, b) => rank(b) - rank(a))[0];
}

/** Opens the list of networks, where the browser lets a page do that; else it has the focus, and opens by a key. */
function choose(select: HTMLSelectElement): void {
  select.focus();
  try {
    select.showPicker();
  } catch {
    // Without a click of the user, and in some browsers never.
  }
}

function chosen(client: Client<InspectorApi>, state: InspectorState | null, value: string): Promise<unknown> {
  const frame = probeFrame(state, value);
  return frame === null ? client.chooseCheckpoint({ checkpoint: value }) : client.chooseFrame({ frame });
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
