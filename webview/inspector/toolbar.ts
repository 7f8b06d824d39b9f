import * as l10n from '@vscode/l10n';
import type { CheckpointInfo, InspectorApi, InspectorState, Prediction } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { button, enable } from '../button';
import { el, fill, setAttribute, setText, show } from '../dom';
import { createEpochs } from './epochs';
import { createPredictionCurve } from './predictionCurve';
import { baseName, checkpointName } from './words';
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
    onchange: () => call(chosen(client, session.model().state, select.value)),
  });
  const epochs = createEpochs(({ path, frame }) => call(frame ? client.chooseFrame({ frame: path }) : client.chooseCheckpoint({ checkpoint: path })));
  const curve = createPredictionCurve((frame) => call(client.chooseFrame({ frame })));
  const following = el('span', { class: 'following' }, l10n.t('live'));
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
    el('div', { class: 'toolbar-row' }, select, epochs.element, following, file, size, pin, save),
    predictions.element,
    curve.element,
  );
  let listed = '';
  const update = (model: Model): void => {
    const { state } = model;
    if (!state) return;
    const { probe } = state;
    const list = JSON.stringify([state.checkpoints.map((one) => [one.path, checkpointName(one)]), probe?.run, probe?.images.map(({ source }) => source)]);
    if (listed !== list) fillCheckpoints(select, state);
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
    show(size, state.view !== null && attends(state.view) && probe?.frame == null);
    enable(pin, state.file !== null);
    const broken = isBroken(model);
    enable(save, state.view !== null && !broken);
    predictions.update(broken ? [] : (state.view?.predictions ?? []));
  };
  return { element, update };
}

/** The entry of a probe image: its newest frame. */
const probeValue = (image: number): string => `probe:${String(image)}`;

function chosen(client: Client<InspectorApi>, state: InspectorState | null, value: string): Promise<unknown> {
  const image = /^probe:(\d+)$/.exec(value)?.[1];
  const frame = image === undefined ? undefined : state?.probe?.images[Number(image)]?.frames.at(-1);
  return frame ? client.chooseFrame({ frame: frame.path }) : client.chooseCheckpoint({ checkpoint: value });
}

/** Checkpoints under the name of their run, before them the probe images of the one that is looked into. */
function fillCheckpoints(select: HTMLSelectElement, { checkpoints, probe }: InspectorState): void {
  const images = (probe?.images ?? []).map(({ source }, i) => el('option', { value: probeValue(i) }, l10n.t('Probe image {0}, epoch by epoch', baseName(source))));
  const runs = new Map<string, CheckpointInfo[]>();
  for (const checkpoint of checkpoints) runs.set(checkpoint.run, [...(runs.get(checkpoint.run) ?? []), checkpoint]);
  fill(
    select,
    ...(images.length > 0 && !runs.has(probe?.run ?? '') ? images : []),
    ...[...runs.values()].map((group) =>
      el(
        'optgroup',
        { label: group[0]?.runName ?? '' },
        ...(group[0]?.run === probe?.run ? images : []),
        ...group.map((checkpoint) => el('option', { value: checkpoint.path }, checkpointName(checkpoint))),
      ),
    ),
  );
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
