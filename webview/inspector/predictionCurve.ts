import * as l10n from '@vscode/l10n';
import type { InspectorState } from '../../src/protocol';
import { assignSlots } from '../../src/runSlots';
import { swatch } from '../compare/legend';
import { strokeOf } from '../compare/palette';
import { el, fill, isLight, setText, show } from '../dom';
import { svg } from '../draw/svg';
import { percent } from '../numbers';

const WIDTH = 600;
const HEIGHT = 64;

/** Where the axis may end: of ten classes that are told apart by a few percent, all lines would lie at the bottom. */
const TOPS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1] as const;

/** Probability of the classes that were likeliest at the end, over the epochs; a click goes to an epoch. */
export function createPredictionCurve(choose: (frame: string) => void): { readonly element: HTMLElement; readonly update: (state: InspectorState) => void } {
  const plot = svg('svg', { viewBox: `0 0 ${String(WIDTH)} ${String(HEIGHT)}`, preserveAspectRatio: 'none', role: 'img', class: 'prediction-plot' });
  const caption = el('span', { class: 'curve-caption' });
  const ceiling = el('span', {});
  const legend = el('ul', { class: 'curve-legend' });
  const element = el('figure', { class: 'prediction-curve' }, el('figcaption', {}, caption, legend), el('div', { class: 'curve-frame' }, el('span', { class: 'curve-scale', 'aria-hidden': 'true' }, ceiling, el('span', {}, percent(0))), plot));
  let drawn = '';
  // Their order is that of the newest probabilities; a line keeps its colour all the same.
  let slots: Record<string, number> = {};
  let latest: InspectorState | null = null;
  plot.addEventListener('pointerdown', (event) => {
    const image = latest?.probe?.images[latest.probe.image];
    if (!image) return;
    const box = plot.getBoundingClientRect();
    const { epochs } = image.curve;
    const wanted = ((event.clientX - box.left) / box.width) * (epochs.at(-1) ?? 0);
    const nearest = image.frames.reduce((a, b) => (Math.abs(b.epoch - wanted) < Math.abs(a.epoch - wanted) ? b : a));
    choose(nearest.path);
  });
  const update = (state: InspectorState): void => {
    latest = state;
    const { probe } = state;
    const image = probe?.images[probe.image];
    const visible = probe?.frame != null && image !== undefined && image.curve.epochs.length > 1;
    show(element, visible);
    if (!visible) return;
    const light = isLight();
    const frame = image.frames.find(({ path }) => path === probe.frame);
    const key = JSON.stringify([image.curve, frame, light]);
    if (key === drawn) return;
    drawn = key;
    const { epochs, classes } = image.curve;
    const toX = (epoch: number): number => (WIDTH * epoch) / Math.max(1, epochs.at(-1) ?? 1);
    const most = Math.max(...classes.flatMap(({ values }) => values));
    const top = TOPS.find((end) => most <= end) ?? 1;
    setText(ceiling, percent(top));
    const toY = (share: number): number => 2 + (HEIGHT - 4) * (1 - share / top);
    slots = assignSlots(slots, classes.map(({ label }) => label));
    const lines = classes.map(({ label, values }) => {
      const { colour, dash } = strokeOf(slots[label]!, light);
      return svg('polyline', { class: 'curve-line', points: values.map((value, i) => `${toX(epochs[i] ?? 0).toFixed(1)},${toY(value).toFixed(1)}`).join(' '), stroke: colour, 'stroke-dasharray': dash.join(' ') });
    });
    const marker = frame ? [svg('line', { class: 'curve-now', x1: toX(frame.epoch), x2: toX(frame.epoch), y1: 0, y2: HEIGHT })] : [];
    plot.replaceChildren(...[0, top / 2, top].map((share) => svg('line', { class: 'curve-grid', x1: 0, x2: WIDTH, y1: toY(share), y2: toY(share) })), ...marker, ...lines);
    const at = epochs.indexOf(frame?.epoch ?? -1);
    setText(caption, l10n.t('Prediction over the epochs, 0 to {0}', epochs.at(-1) ?? 0));
    plot.setAttribute('aria-label', classes.map(({ label, values }) => `${label} ${percent(values[0] ?? 0)} → ${percent(values.at(-1) ?? 0)}`).join(', '));
    fill(legend, ...classes.map(({ label, values }) => el('li', { title: label }, swatch(strokeOf(slots[label]!, light)), el('span', { class: 'curve-class' }, label), el('span', { class: 'curve-value' }, at < 0 ? '' : percent(values[at] ?? 0)))));
  };
  return { element, update };
}
