import * as l10n from '@vscode/l10n';
import type { SweepResults, SweepRow, SweepTrial } from '../../src/protocol';
import { el } from '../dom';
import { choice } from '../inspector/controls';
import { compact, integer, isShare, metric } from '../numbers';
import { heatMap, isDrawn } from './heat';
import { plot, type Mark, type PlotOptions } from './plot';
import { costs, trialsOf, type Cost, type Shown } from './rows';
import { spreadText } from './table';

export interface FigureEvents {
  readonly onShown: (change: Partial<Shown>) => void;
  readonly onRun: (run: string) => void;
}

/** A picture with its words, and the same numbers as a table behind it. */
export interface Figure {
  readonly key: string;
  readonly title: string;
  readonly words: string;
  readonly controls: readonly HTMLElement[];
  draw(): HTMLElement;
  readonly table: readonly (readonly string[])[];
}

/** What of a sweep there is to draw: a heat map of two keys, each key, and what it costs. */
export function figuresOf(results: SweepResults, shown: Shown, events: FigureEvents): readonly Figure[] {
  const name = shown.metric === 'test' ? 'test/top1' : results.sweep.monitor;
  const rows = results.rows.filter((row) => row[shown.metric] !== undefined);
  return [
    ...(results.axes.length >= 2 ? [heatFigure(results, rows, name, shown, events)] : []),
    ...results.axes.map((_, axis) => keyFigure(results, rows, name, shown, axis, events)),
    costFigure(results, rows, name, shown, events),
  ];
}

function heatFigure(results: SweepResults, rows: readonly SweepRow[], name: string, given: Shown, { onShown }: FigureEvents): Figure {
  const { axes } = results;
  const down = Math.min(given.down, axes.length - 1);
  const across = given.across === down || given.across >= axes.length ? (down + 1) % axes.length : given.across;
  const shown = { ...given, down, across };
  const options = axes.map((axis, i) => [String(i), axis.name] as const);
  const chooser = (label: string, value: number, key: 'down' | 'across'): HTMLElement => {
    const control = choice(label, options, (chosen) => onShown({ [key]: Number(chosen) }));
    control.set(String(value));
    return control.element;
  };
  return {
    key: 'heat',
    title: l10n.t('{0} by {1} and {2}', name, axes[down]?.name ?? '', axes[across]?.name ?? ''),
    words: [
      isDrawn(axes[down], axes[across])
        ? l10n.t('The brighter, the better. Each dot is a combination where it was drawn: the mean over its seeds.')
        : axes.length > 2
          ? l10n.t('The brighter, the better. Each cell is the mean over the seeds and over {0}.', axes.filter((_, i) => i !== down && i !== across).map((axis) => axis.name).join(', '))
          : l10n.t('The brighter, the better. Each cell is the mean over the seeds.'),
      isHalved(results) && l10n.t('What ended in an earlier round had fewer epochs.'),
    ].filter(Boolean).join(' '),
    controls: axes.length > 2 ? [chooser(l10n.t('Down'), down, 'down'), chooser(l10n.t('Across'), across, 'across')] : [],
    draw: () => heatMap(results, name, shown, (setting) => onShown({ chosen: setting === given.chosen ? null : setting })),
    table: tableOf(results, rows, name, shown, axes.map((_, i) => i)),
  };
}

function keyFigure(results: SweepResults, rows: readonly SweepRow[], name: string, shown: Shown, axis: number, events: FigureEvents): Figure {
  const { name: key, values, numeric, scale } = results.axes[axis]!;
  const joint = numeric && !scale ? linesOf(results, axis) : undefined;
  const colours = joint ?? huesOf(results, axis);
  // Between those that had other epochs, a line would say what the key does not.
  const joined = numeric && !scale && !isHalved(results);
  const lines = !joined ? undefined : joint ? 'series' : 'mean';
  const marks = rows.map((row): Mark => {
    const alike = rows.filter((other) => other.values[axis] === row.values[axis]).sort((a, b) => a.setting - b.setting);
    const coloured = seriesOf(row, colours);
    if (scale) return { ...markOf(results, row, name, shown, Number(row.values[axis])), ...coloured };
    return { ...markOf(results, row, name, shown, values.indexOf(row.values[axis] ?? '')), among: [alike.indexOf(row), alike.length], ...coloured };
  });
  return {
    key: `axis-${String(axis)}`,
    title: l10n.t('{0} against {1}', name, key),
    words: [
      l10n.t('A dot is a training and opens its run; a bar is the mean of a combination, the line up and down one standard deviation.'),
      lines === 'mean' && rows.length > values.length && l10n.t('The long line leads through the mean of each value.'),
      isHalved(results) && l10n.t('Hollow: ended in an earlier round, after fewer epochs.'),
    ].filter(Boolean).join(' '),
    controls: [],
    draw: () => plot({ ...common(name, shown, events), name: l10n.t('{0} against {1}', name, key), xName: key, marks, ...(colours && { series: colours.names }), ...(lines && { lines }), x: scale ? { kind: scale, write: String } : { kind: 'names', names: values } }).element,
    table: tableOf(results, rows, name, shown, [axis]),
  };
}

/** Whether there were rounds, so that some had fewer epochs than others. */
function isHalved({ sweep }: SweepResults): boolean {
  return sweep.rounds > 1;
}

/** Of two keys, a line for each value of the other one; more than the palette tells apart are no picture. */
function linesOf({ axes }: SweepResults, axis: number): Colours | undefined {
  return axes.length === 2 && isFew(axes[1 - axis]) ? coloursOf(axes, 1 - axis) : undefined;
}

/** What the colours of dots tell: the values of one key. */
interface Colours {
  readonly axis: number;
  readonly values: readonly string[];
  readonly names: readonly string[];
}

function coloursOf(axes: SweepResults['axes'], axis: number): Colours {
  const { name, values, numeric } = axes[axis]!;
  return { axis, values, names: values.map((value) => (numeric || value === 'true' || value === 'false' ? `${name} ${value}` : value)) };
}

/** Of the keys beside the one that is drawn: names before numbers, which a place on an axis could tell as well. As the saved picture has it. */
function huesOf({ axes }: SweepResults, drawn?: number): Colours | undefined {
  const fit = axes.flatMap((axis, i) => (i !== drawn && isFew(axis) ? [i] : []));
  const chosen = fit.find((i) => !axes[i]!.numeric) ?? fit[0];
  return chosen === undefined ? undefined : coloursOf(axes, chosen);
}

/** More than the palette tells apart are no picture, nor is what was drawn from a range. */
function isFew(axis: SweepResults['axes'][number] | undefined): boolean {
  return axis !== undefined && !axis.scale && axis.values.length >= 2 && axis.values.length <= 7;
}

function seriesOf(row: SweepRow, colours: Colours | undefined): Pick<Mark, 'series'> {
  return colours ? { series: colours.values.indexOf(row.values[colours.axis] ?? '') } : {};
}

function costFigure(results: SweepResults, rows: readonly SweepRow[], name: string, shown: Shown, events: FigureEvents): Figure {
  const control = choice(l10n.t('Against'), costs.map((cost) => [cost, costName(cost)] as const), (cost) => events.onShown({ cost: cost as Cost }));
  control.set(shown.cost);
  const colours = huesOf(results);
  const marks = rows.flatMap((row) => {
    const x = costOf(row, shown.cost);
    return x === undefined ? [] : [{ ...markOf(results, row, name, shown, x), ...seriesOf(row, colours) }];
  });
  const title = l10n.t('{0} against {1}', name, costName(shown.cost));
  return {
    key: 'cost',
    title: l10n.t('Cost against accuracy'),
    words: l10n.t('A cost counts by its factor, so that the axis is logarithmic. N = HW/P², Ω(MSA) = 4NC² + 2N²C.'),
    controls: [control.element],
    draw: () => {
      const absent = absentWords(results, rows.filter((row) => costOf(row, shown.cost) === undefined), shown.cost, marks.length === 0);
      const caption = absent === '' ? null : el('p', { class: 'caption' }, absent);
      if (marks.length === 0) return el('div', {}, caption);
      return el('div', {}, plot({ ...common(name, shown, events), name: title, xName: costName(shown.cost), marks, ...(colours && { series: colours.names }), x: { kind: 'log', write: compact } }).element, caption);
    },
    table: tableOf(results, rows, name, shown, results.axes.map((_, i) => i), shown.cost),
  };
}

/** What has no place on the axis, and why. */
function absentWords(results: SweepResults, rows: readonly SweepRow[], cost: Cost, all: boolean): string {
  if (rows.length === 0 || (cost !== 'tokens' && cost !== 'omegaMsa')) return '';
  if (all) return cost === 'tokens' ? l10n.t('None of these networks has tokens: they are made of convolutions.') : l10n.t('None of these networks has attention.');
  const named = rows.slice(0, 3).map((row) => combination(results, row)).join('; ');
  const words = rows.length > 3 ? l10n.t('{0}, and {1} more', named, integer(rows.length - 3)) : named;
  return cost === 'tokens' ? l10n.t('Without tokens, and not drawn: {0}.', words) : l10n.t('Without attention, and not drawn: {0}.', words);
}

function common(name: string, shown: Shown, { onShown, onRun }: FigureEvents): Pick<PlotOptions, 'yName' | 'share' | 'chosen' | 'onChoose' | 'onRun'> {
  return { yName: name, share: isShare(name), chosen: shown.chosen, onRun, onChoose: (setting) => onShown({ chosen: setting === shown.chosen ? null : setting }) };
}

export function costName(cost: Cost): string {
  switch (cost) {
    case 'params':
      return l10n.t('Parameters');
    case 'macs':
      return l10n.t('Multiply-adds of an image');
    case 'tokens':
      return l10n.t('Tokens N = HW/P²');
    case 'omegaMsa':
      return l10n.t('Ω(MSA) of one block');
    case 'seconds':
      return l10n.t('Seconds of a training');
  }
}

function costOf(row: SweepRow, cost: Cost): number | undefined {
  if (cost === 'seconds') return row.seconds?.mean;
  // A network of convolutions has no tokens, and no place on their axis.
  return (cost === 'tokens' ? row.patches : row[cost]) || undefined;
}

function markOf(results: SweepResults, row: SweepRow, name: string, { metric: which }: Shown, x: number): Mark {
  const spread = row[which]!;
  const rounds = isHalved(results);
  const words = rounds ? `${combination(results, row)}, epochs ${String(row.epochs)}` : combination(results, row);
  // Of halving alone: else epochs may be what varies.
  const early = rounds && results.rows.some(({ epochs }) => epochs > row.epochs);
  const dots = trialsOf(results, row.setting).flatMap((trial) => {
    const y = trial[which];
    return trial.state !== 'finished' || y === undefined ? [] : [{ y, run: trial.run, label: `${words}, ${seedWords(trial)}: ${name} ${metric(name, y)}` }];
  });
  return { setting: row.setting, x, early, mean: spread.mean, sd: spread.sd, dots, label: `${words}: ${name} ${spreadText(name, spread)}` };
}

export function seedWords({ seed }: SweepTrial): string {
  return l10n.t('seed {0}', seed);
}

/** "patch_size 4, embed_dim 64" */
export function combination({ axes }: SweepResults, { values }: SweepRow): string {
  return axes.map(({ name }, i) => `${name} ${values[i] ?? ''}`).join(', ');
}

function tableOf(results: SweepResults, rows: readonly SweepRow[], name: string, { metric: which }: Shown, axes: readonly number[], cost?: Cost): readonly (readonly string[])[] {
  const head = [...axes.map((i) => results.axes[i]?.name ?? ''), ...(cost ? [costName(cost)] : []), name, l10n.t('Standard deviation'), l10n.t('Seeds')];
  const place = (row: SweepRow): number => axes.reduce((at, i) => at * 1000 + (results.axes[i]?.values.indexOf(row.values[i] ?? '') ?? 0), 0);
  const sorted = [...rows].sort((a, b) => (cost ? (costOf(a, cost) ?? 0) - (costOf(b, cost) ?? 0) : place(a) - place(b)));
  return [head, ...sorted.map((row) => {
    const { mean, sd, n } = row[which]!;
    return [...axes.map((i) => row.values[i] ?? ''), ...(cost ? [compact(costOf(row, cost) ?? 0)] : []), metric(name, mean), n > 1 ? metric(name, sd) : '–', String(n)];
  })];
}

/** The frame of a picture; it stays while what is in it changes. */
export function figureElement(figure: Figure): HTMLElement {
  const [head = [], ...body] = figure.table;
  return el(
    'figure',
    { class: 'figure' },
    el('figcaption', {}, figure.title),
    el('p', { class: 'words' }, figure.words),
    figure.controls.length > 0 && el('div', { class: 'controls' }, ...figure.controls),
    figure.draw(),
    el('details', {}, el('summary', {}, l10n.t('As a table')), el('div', { class: 'scroll' }, el(
      'table',
      { class: 'plain' },
      el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, ...body.map((row) => el('tr', {}, ...row.map((text, i) => (i === 0 ? el('th', { scope: 'row' }, text) : el('td', {}, text)))))),
    ))),
  );
}

