import * as l10n from '@vscode/l10n';
import { button, enable } from '../button';
import { el, fill, setText, show } from '../dom';
import { svg } from '../draw/svg';
import { fixed, integer, tickLabels } from '../numbers';
import { withoutImagesWords } from '../ownImages';
import { headsCsv, meanEntropy } from './headStatistics';
import type { Part } from './hero';
import { shownMap } from './place';
import type { MeasuredHeads } from '../../src/protocol';
import type { Model, Session } from './session';

const WIDTH = 420;
const HEIGHT = 240;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 10, 10, 36];

/** How far each head looks, and how broadly, layer by layer: the ViT paper's figure 7 at the right, of this image and of many. */
export function createHeadsPart(session: Session): Part {
  const over = (where: 'folder' | 'validation') => (): void => session.measure(where);
  const folder = button(l10n.t('Over a Folder…'), over('folder'));
  const validation = button(l10n.t('Over the Validation Images'), over('validation'));
  const cancel = button(l10n.t('Cancel'), () => session.cancelMeasuring());
  const csv = button(l10n.t('CSV…'), () => {
    const image = ofImage(session.model());
    if (image) session.save('heads.csv', new TextEncoder().encode(headsCsv(image, measuredOf(session.model()))));
  });
  const why = el('p', { class: 'caption' });
  const problem = el('p', { class: 'start-problem', role: 'alert' });
  const status = el('span', { class: 'caption', role: 'status' });
  const legend = el('p', { class: 'caption' });
  const charts = el('div', { class: 'head-charts' });
  const table = el('table', { class: 'head-table' });
  const element = el('details', {
    class: 'section',
    ontoggle: () => {
      if (element.open !== session.model().place.spread) session.act({ type: 'set', change: { spread: element.open } });
    },
  },
  el('summary', {}, l10n.t('Distance and entropy by layer')),
  el('p', { class: 'seen' }, l10n.t('Each dot is a head: how far from a patch it looks on average, and over how many tokens it spreads. The chosen head has a ring.')),
  el('div', { class: 'row' }, folder, validation, cancel, csv, status), why, problem, legend, charts,
  el('details', {}, el('summary', {}, l10n.t('As a table')), table));
  let drawn = '';
  const update = (model: Model): void => {
    element.open = model.place.spread;
    if (!model.place.spread) return;
    const { measuring } = model;
    const standalone = model.state?.standalone === true;
    const reason = withoutImagesWords(model.state?.view?.checkpoint);
    enable(folder, measuring === null);
    enable(validation, measuring === null && reason === '');
    for (const one of [folder, validation]) show(one, !standalone);
    setText(why, reason);
    show(why, reason !== '' && !standalone);
    setText(problem, model.measureProblem ?? '');
    show(problem, model.measureProblem !== null);
    show(cancel, measuring !== null);
    setText(status, measuring ? l10n.t('{0} of {1} images …', measuring.done, measuring.of) : '');
    const image = ofImage(model);
    const measured = measuredOf(model);
    const chosen = shownMap(model.place, model.hover, model.bounds);
    enable(csv, image !== null);
    const key = JSON.stringify([model.state?.view?.file, model.state?.view?.checkpoint.path, model.stack !== null, image?.distance[0], measured?.images, measured?.over, chosen, document.body.className]);
    if (!image || key === drawn) return;
    drawn = key;
    setText(legend, measured
      ? l10n.t('Filled: mean over {0} images ({1}), with the standard deviation{2}. Hollow: this image.', integer(measured.images), measured.over, measured.broken.length > 0 ? l10n.t(' ({0} could not be read)', measured.broken.length) : '')
      : model.bounds.prefix > 0
        ? l10n.t('This image. Prefix tokens are left out of the distance, and rows brought to 1 again.')
        : l10n.t('This image.'));
    const plot = (name: string, values: Float32Array | null, mean: Float32Array | undefined, spread: Float32Array | undefined): SVGElement | null =>
      values || mean ? chart(session, { name, heads: image.heads, values, mean, spread, chosen }) : null;
    fill(charts, plot(l10n.t('Mean attention distance, px'), image.distance, measured?.distance, measured?.distanceSpread), plot(l10n.t('Entropy, nats (mean of all rows)'), image.entropy, measured?.entropy, measured?.entropySpread));
    fill(table, ...tableRows(image, measured));
  };
  return { element, update };
}

interface OfImage {
  readonly heads: number;
  readonly distance: Float32Array;
  readonly entropy: Float32Array | null;
}

function ofImage({ attention, stack }: Model): OfImage | null {
  return attention && { heads: attention.heads, distance: attention.distance, entropy: stack && meanEntropy(stack) };
}

function measuredOf({ measured, state, bounds }: Model): MeasuredHeads | null {
  const known = measured?.checkpoint === state?.view?.checkpoint.path ? (measured?.measured ?? null) : null;
  return known && known.layers === bounds.layers && known.heads === bounds.heads ? known : null;
}

interface Chart {
  readonly name: string;
  readonly heads: number;
  readonly values: Float32Array | null;
  readonly mean: Float32Array | undefined;
  readonly spread: Float32Array | undefined;
  readonly chosen: { readonly layer: number; readonly head: number | string };
}

function chart(session: Session, { name, heads, values, mean, spread, chosen }: Chart): SVGElement {
  const all = [...(values ?? []), ...(mean ?? [])].map((value, i) => value + (i >= (values?.length ?? 0) ? (spread?.[i - (values?.length ?? 0)] ?? 0) : 0));
  const count = (values ?? mean ?? []).length;
  const layers = count / heads;
  const step = niceStep(Math.max(1e-6, ...all) / 4);
  const top = step * Math.ceil(Math.max(1e-6, ...all) / step);
  const toX = (row: number): number => {
    // Heads of a layer stand side by side in their order, so that none hides another.
    const inner = heads > 1 ? ((row % heads) / (heads - 1) - 0.5) * 0.6 : 0;
    return LEFT + ((Math.floor(row / heads) + 0.5 + inner) / layers) * (WIDTH - LEFT - RIGHT);
  };
  const toY = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  const labels = tickLabels(ticks, false);
  const grid = ticks.flatMap((tick, i) => [
    svg('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: toY(tick), y2: toY(tick) }),
    svg('text', { x: LEFT - 5, y: toY(tick) + 4, 'text-anchor': 'end' }, labels[i] ?? ''),
  ]);
  const every = Math.ceil(layers / 12);
  const names = Array.from({ length: layers }, (_, layer) => (layer % every === 0 ? svg('text', { x: LEFT + ((layer + 0.5) / layers) * (WIDTH - LEFT - RIGHT), y: HEIGHT - BOTTOM + 14, 'text-anchor': 'middle' }, String(layer + 1)) : null));
  const dots = Array.from({ length: count }, (_, row) => {
    const [layer, head] = [Math.floor(row / heads), row % heads];
    const words = `${l10n.t('Layer {0}', layer + 1)}, ${l10n.t('head {0}', head + 1)}: ${fixed((mean ?? values)?.[row] ?? 0, 2)}${mean && spread ? ` ± ${fixed(spread[row] ?? 0, 2)}` : ''}`;
    const x = toX(row);
    const bar = mean && spread ? [svg('line', { class: 'head-spread', x1: x, x2: x, y1: toY((mean[row] ?? 0) + (spread[row] ?? 0)), y2: toY(Math.max(0, (mean[row] ?? 0) - (spread[row] ?? 0))) })] : [];
    const own = values ? [svg('circle', { class: mean ? 'head-dot hollow' : 'head-dot', cx: x, cy: toY(values[row] ?? 0), r: 3 })] : [];
    const middle = mean ? [svg('circle', { class: 'head-dot', cx: x, cy: toY(mean[row] ?? 0), r: 3 })] : [];
    const ring = layer === chosen.layer && head === chosen.head ? [svg('circle', { class: 'head-ring', cx: x, cy: toY((mean ?? values)?.[row] ?? 0), r: 7 })] : [];
    const group = svg('g', { class: 'head' }, svg('title', {}, words), ...bar, ...own, ...middle, ...ring);
    group.addEventListener('click', () => session.act({ type: 'map', layer, head }));
    group.addEventListener('pointerenter', () => session.hover({ map: { layer, head }, token: null, previews: false }));
    group.addEventListener('pointerleave', () => session.hover({ map: null }));
    return group;
  });
  return svg('svg', { viewBox: `0 0 ${String(WIDTH)} ${String(HEIGHT)}`, role: 'img', 'aria-label': name, class: 'diagram head-chart' },
    ...grid, ...names.filter((one) => one !== null),
    svg('text', { class: 'axis-name', x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, 'text-anchor': 'middle' }, l10n.t('Layer')),
    svg('text', { class: 'axis-name', x: 0, y: 0, 'text-anchor': 'middle', transform: `translate(11 ${String((TOP + HEIGHT - BOTTOM) / 2)}) rotate(-90)` }, name),
    ...dots);
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * (1 - 1e-9)) ?? 10 * power;
}

function tableRows({ distance, entropy, heads }: OfImage, measured: MeasuredHeads | null): readonly HTMLElement[] {
  const head = (text: string): HTMLElement => el('th', { scope: 'col' }, text);
  const cell = (value: number | undefined, digits: number): HTMLElement => el('td', { class: 'number' }, value === undefined ? '' : fixed(value, digits));
  const rows = Array.from(distance, (value, i) =>
    el('tr', {}, el('th', { scope: 'row' }, `L${String(Math.floor(i / heads) + 1)} H${String((i % heads) + 1)}`), cell(value, 1), cell(entropy?.[i], 2),
      ...(measured ? [cell(measured.distance[i], 1), cell(measured.entropy[i], 2)] : [])));
  return [
    el('thead', {}, el('tr', {}, head(l10n.t('Head')), head(l10n.t('Dist. px')), head(l10n.t('Entropy')), ...(measured ? [head(l10n.t('mean dist. px')), head(l10n.t('mean entropy'))] : []))),
    el('tbody', {}, ...rows),
  ];
}
