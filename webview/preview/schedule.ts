import * as l10n from '@vscode/l10n';
import type { SchedulePreview } from '../../src/protocol';
import { el, setText } from '../dom';
import { svg } from '../draw/svg';
import { integer, tickLabels } from '../numbers';
import { termLine, termLink } from '../term';

const SIZE = { width: 460, height: 220, left: 60, right: 14, top: 10, bottom: 44 };
const inner = { width: SIZE.width - SIZE.left - SIZE.right, height: SIZE.height - SIZE.top - SIZE.bottom };

/** The learning rate over the epochs, read by pointer and keys. A press, Enter or Space goes to a step. */
export function createSchedule(schedule: SchedulePreview, onStep: (step: number) => void): { readonly element: HTMLElement; /** Marks the step of the batch that is shown. */ setStep(step: number): void } {
  const { lr, epoch, epochs, notes, phases } = schedule;
  const most = Math.max(...lr, Number.MIN_VALUE);
  const x = (at: number): number => SIZE.left + (at / Math.max(epochs, 1e-9)) * inner.width;
  const y = (value: number): number => SIZE.top + inner.height * (1 - value / (1.05 * most));
  const reading = el('p', { class: 'reading', 'aria-live': 'polite' }, peakWords(schedule));
  const cursor = svg('circle', { class: 'cursor', r: 4, cx: -10, cy: -10 });
  const now = svg('line', { class: 'now', y1: SIZE.top, y2: SIZE.top + inner.height });
  const ticks = [0, most / 2, most];
  const names = tickLabels(ticks, false);
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${String(SIZE.width)} ${String(SIZE.height)}`, role: 'img', tabindex: 0, class: 'plot', 'aria-label': `${l10n.t('Learning rate')}. ${peakWords(schedule)}` },
    ...ticks.flatMap((tick, i) => [
      svg('line', { class: 'grid', x1: SIZE.left, x2: SIZE.left + inner.width, y1: y(tick), y2: y(tick) }),
      svg('text', { x: SIZE.left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, names[i] ?? ''),
    ]),
    ...epochTicks(epochs).map((at) => svg('text', { x: x(at), y: SIZE.height - SIZE.bottom + 16, 'text-anchor': 'middle' }, integer(at))),
    svg('text', { class: 'axis-name', x: SIZE.left + inner.width / 2, y: SIZE.height - 8, 'text-anchor': 'middle' }, l10n.t('Epochs')),
    ...edgesOf(schedule).map((at) => svg('line', { class: 'edge', x1: x(at), x2: x(at), y1: SIZE.top, y2: SIZE.top + inner.height })),
    svg('path', { class: 'frame', d: `M${String(SIZE.left)} ${String(SIZE.top)}V${String(SIZE.top + inner.height)}H${String(SIZE.left + inner.width)}` }),
    now,
    svg('polyline', { class: 'curve', points: lr.map((value, i) => `${x(epoch[i] ?? 0).toFixed(1)},${y(value).toFixed(1)}`).join(' ') }),
    cursor,
  );
  let current = 0;
  readable(picture, schedule, () => current, (at) => onStep(schedule.step[at] ?? 0), (at) => {
    cursor.setAttribute('cx', String(at === null ? -10 : x(epoch[at] ?? 0)));
    cursor.setAttribute('cy', String(at === null ? -10 : y(lr[at] ?? 0)));
    setText(reading, at === null ? peakWords(schedule) : l10n.t('Step {0}, epoch {1}: {2}', integer((schedule.step[at] ?? 0) + 1), (epoch[at] ?? 0).toFixed(2), rate(lr[at] ?? 0)));
  });
  const element = el('section', { class: 'schedule' }, el('h2', {}, termLink('learning-rate', l10n.t('Learning rate'))), picture, reading,
    el('p', { class: 'words' }, l10n.t('A press on the curve shows the batch of that step. With keys: the arrows, Page Up and Page Down (an epoch) choose it, Enter or Space shows it.')),
    el('ul', { class: 'phases' }, ...[phases.map((phase) => phaseWords(phase, schedule)).join(' · '), ...notes].map((text) => el('li', {}, text))),
    termLine(['warm-up', 'schedule', 'epoch', 'step', 'mixup', 'cutmix', 'label-smoothing', 'augmentation', 'ema']), tableOf(schedule));
  return {
    element,
    setStep: (step) => {
      current = schedule.step.reduce((best, one, i) => (Math.abs(one - step) < Math.abs((schedule.step[best] ?? 0) - step) ? i : best), 0);
      for (const end of ['x1', 'x2']) now.setAttribute(end, String(x(step / schedule.stepsPerEpoch)));
    },
  };
}

/** Where something begins or ends in the middle of the training, in epochs; more than a picture can hold are left out. */
function edgesOf({ phases, epochs, stepsPerEpoch }: SchedulePreview): readonly number[] {
  const all = [...new Set(phases.flatMap(({ begin, end }) => [begin, end]))].map((step) => step / stepsPerEpoch).filter((at) => at > 0 && at < epochs);
  return all.length > 24 ? [] : all;
}

/** "warm-up 0–1": between which epochs, unless it lasts from the first to the last. */
function phaseWords({ label, begin, end }: SchedulePreview['phases'][number], { epochs, stepsPerEpoch }: SchedulePreview): string {
  const [from, to] = [begin / stepsPerEpoch, end / stepsPerEpoch];
  const epoch = (at: number): string => String(Number(at.toFixed(1)));
  return from <= 0 && to >= epochs ? label : `${label} ${epoch(from)}–${epoch(to)}`;
}

function peakWords({ lr, step, stepsPerEpoch }: SchedulePreview): string {
  const most = Math.max(...lr);
  const at = lr.indexOf(most);
  return l10n.t('Peak {0} at step {1}, epoch {2}; at the end {3}', rate(most), integer((step[at] ?? 0) + 1), ((step[at] ?? 0) / stepsPerEpoch).toFixed(1), rate(lr.at(-1) ?? 0));
}

/** As configurations write it: 1e-3, 6.25e-4. */
function rate(value: number): string {
  const [digits = '0', power = '0'] = value.toExponential(2).split('e');
  return value === 0 || value >= 0.01 ? String(Number(value.toPrecision(3))) : `${String(Number(digits))}e${String(Number(power))}`;
}

function epochTicks(epochs: number): readonly number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000].find((each) => epochs / each <= 8) ?? epochs;
  return Array.from({ length: Math.floor(epochs / step) + 1 }, (_, i) => i * step);
}

/** Calls back with the point under the pointer or the keys, and with null when neither is on the picture; and with the one that is pressed. */
function readable(picture: SVGElement, { epoch, epochs }: SchedulePreview, begin: () => number, press: (at: number) => void, tell: (at: number | null) => void): void {
  let at: number | null = null;
  const go = (next: number | null): void => tell((at = next));
  const nearest = (wanted: number): number => epoch.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs((epoch[best] ?? 0) - wanted) ? i : best), 0);
  picture.addEventListener('pointermove', (event) => {
    const box = picture.getBoundingClientRect();
    go(nearest(((((event.clientX - box.left) * SIZE.width) / box.width - SIZE.left) / inner.width) * epochs));
  });
  for (const leave of ['pointerleave', 'blur']) picture.addEventListener(leave, () => go(null));
  picture.addEventListener('click', () => at !== null && press(at));
  picture.addEventListener('keydown', (event) => {
    const last = epoch.length - 1;
    // From the batch that is shown on.
    const from = at ?? begin();
    const page = Math.max(1, Math.round(epoch.length / Math.max(1, epochs)));
    const to = ({ ArrowLeft: from - 1, ArrowRight: from + 1, PageUp: from - page, PageDown: from + page, Home: 0, End: last, Enter: from, ' ': from } as const)[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(Math.min(last, Math.max(0, to)));
    if (event.key === 'Enter' || event.key === ' ') press(to);
  });
}

/** The rate at the beginning of each epoch, or of some of them. */
function tableOf({ epochs, epoch, lr }: SchedulePreview): HTMLElement {
  const every = Math.max(1, Math.ceil(epochs / 40));
  const rows = Array.from({ length: Math.ceil(epochs / every) }, (_, i) => i * every).flatMap((begin) => {
    const at = epoch.findIndex((value) => value >= begin - 1e-9);
    return at < 0 ? [] : [el('tr', {}, el('th', { scope: 'row' }, integer(begin)), el('td', {}, rate(lr[at] ?? 0)))];
  });
  return el('details', {}, el('summary', {}, l10n.t('As a table')), el('table', { class: 'plain' },
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, l10n.t('Epochs that are over')), el('th', { scope: 'col' }, l10n.t('Learning rate')))), el('tbody', {}, ...rows)));
}
