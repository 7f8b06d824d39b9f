import * as l10n from '@vscode/l10n';
import type { SweepSpread } from '../../sweepProtocol';
import { placesOf } from '../../telling';
import type { SweepRecord } from './record';
import { escaped, px, roundStep, SVG_STYLE } from '../svg';
import { hueLegend, hueOf, seriesLines, seriesOf, strokeStyle, type Hue } from './series';
import { axesOf, isLoss, rowsOf, shortKey, shown, type Row } from './results';

const WIDTH = 920;
const PANEL = { width: 440, height: 300, left: 62, right: 16, top: 46, bottom: 56 };

/** Height of the line that says what colours are. */
const LEGEND = 35;

/** Viridis in five steps, as the ramp of the maps. */
const RAMP = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]] as const;

/**
 * The results of a sweep as an SVG picture: a heat map of the first two keys of a list that vary, what was reached against each key, and against
 * tokens, Ω(MSA), multiply-adds, parameters and seconds; every training is a dot, means have their standard deviation.
 *
 * @param which what was reached on the validation images, or in the test; without it, in the test where all were tested
 */
export function sweepPicture(record: SweepRecord, which?: 'val' | 'test'): string {
  const all = rowsOf(record).filter(({ val, test }) => val ?? test);
  const axes = axesOf(record);
  const listed = axes.filter((key) => !record.ranges?.[key]);
  const tested = which === undefined ? all.length > 0 && all.every(({ test }) => test !== undefined) : which === 'test';
  const rows = all.filter(({ val, test }) => (tested ? test : val) !== undefined);
  const metric: Metric = { name: tested ? 'test/top1' : record.monitor, of: (row) => (tested ? row.test : row.val), less: !tested && isLoss(record.monitor) };
  const hue = hueOf(rows, listed);
  const panels = rows.length === 0 ? [] : [
    ...(listed.length > 1 ? [heatMap(record, rows, listed, metric)] : []),
    ...axes.map((key) => (record.ranges?.[key] ? againstRange(rows, key, record.ranges[key], axes, metric, hue) : againstKey(record, rows, key, axes, metric))),
    ...costs().flatMap(({ title, of }) => (new Set(rows.map(of).filter((cost) => cost > 0)).size > 1 ? [againstCost(rows, title, of, metric, hue)] : [])),
  ];
  const height = 44 + Math.ceil(panels.length / 2) * (PANEL.height + 16);
  const placed = panels.map((panel, i) => `<g transform="translate(${(i % 2) * (PANEL.width + 24)} ${44 + Math.floor(i / 2) * (PANEL.height + 16)})">${panel}</g>`);
  const count = record.entries.filter(({ state }) => state === 'finished').length;
  const hollow = rows.some((row) => isEarly(row, rows)) ? `; ${l10n.t('hollow: ended in an earlier round, after fewer epochs')}` : '';
  const title = `<text class="title" x="12" y="24">${escaped(`${record.name}: ${trainings(count)}, ${seeds(record.seeds.length)}${hollow}`)}</text>`;
  const empty = panels.length === 0 ? [`<text x="12" y="64">${escaped(l10n.t('No training has ended yet.'))}</text>`] : [];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${Math.max(80, height)}" width="${WIDTH}" height="${Math.max(80, height)}" role="img">\n${[SVG_STYLE, title, ...empty, ...placed].join('\n')}\n</svg>\n`;
}

function trainings(count: number): string {
  return count === 1 ? l10n.t('1 training') : l10n.t('{0} trainings', count);
}

function seeds(count: number): string {
  return count === 1 ? l10n.t('1 seed') : l10n.t('{0} seeds', count);
}

interface Metric {
  readonly name: string;
  readonly of: (row: Row) => SweepSpread | undefined;
  /** Whether less is better. */
  readonly less: boolean;
}

const costs = (): readonly { readonly title: string; readonly of: (row: Row) => number }[] => [
  { title: l10n.t('Tokens N = HW/P²'), of: ({ patches }) => patches },
  { title: l10n.t('Ω(MSA) of one block'), of: ({ omegaMsa }) => omegaMsa },
  { title: l10n.t('Multiply-adds of an image'), of: ({ macs }) => macs },
  { title: l10n.t('Parameters'), of: ({ params }) => params },
  { title: l10n.t('Seconds of a training'), of: ({ seconds }) => Number((seconds?.mean ?? 0).toPrecision(3)) },
];

/** The first two keys; what differs in others is averaged. */
function heatMap({ settings }: SweepRecord, rows: readonly Row[], [first, second, ...others]: readonly string[], metric: Metric): string {
  if (first === undefined || second === undefined) return '';
  const values = (key: string): string[] => [...new Set(settings.map((setting) => shown(setting.values[key], key)))];
  const [down, across] = [values(first), values(second)];
  const [left, y0, width, h] = plotArea();
  // Names need more room than numbers; to the left of them stands the name of their key.
  const x0 = Math.max(left, Math.min(170, 34 + LETTER * Math.max(...down.map((name) => name.length))));
  const w = width - (x0 - left);
  const cellOf = (row: Row): string => `${across.indexOf(shown(row.values[second], second))},${down.indexOf(shown(row.values[first], first))}`;
  const spreads = [...new Set(rows.map(cellOf))].map((cell) => [cell, joined(rows.filter((row) => cellOf(row) === cell).map((row) => metric.of(row)!))] as const);
  const means = spreads.map(([, { mean }]) => mean);
  const [least, most] = [Math.min(...means), Math.max(...means)];
  const [cw, ch] = [w / across.length, h / down.length];
  const cells = spreads.map(([cell, over]) => {
    const [column, line] = cell.split(',').map(Number) as [number, number];
    const share = most > least ? (over.mean - least) / (most - least) : 1;
    const good = metric.less ? 1 - share : share;
    const [x, y] = [x0 + column * cw, y0 + line * ch];
    const ink = good > 0.6 ? '#111' : '#fff';
    return `<rect x="${px(x + 1)}" y="${px(y + 1)}" width="${px(cw - 2)}" height="${px(ch - 2)}" fill="${ramp(good)}"/><text x="${px(x + cw / 2)}" y="${px(y + ch / 2 + 4)}" text-anchor="middle" style="fill:${ink}">${valueOver(metric, over)}</text>`;
  });
  const labels = [
    ...across.map((label, i) => written(label, x0 + (i + 0.5) * cw, y0 + h + 16, cw)),
    ...down.map((label, i) => written(label, x0 - 6, y0 + (i + 0.5) * ch + 4, x0 - 28, 'end')),
  ];
  const all = [first, second, ...others];
  const title = l10n.t('{0} by {1} and {2}', metric.name, shortKey(first, all), shortKey(second, all));
  return [titled(others.length > 0 ? l10n.t('{0}; mean over {1}', title, others.map((key) => shortKey(key, all)).join(', ')) : title), ...cells, ...labels, below(shortKey(second, all)), beside(shortKey(first, all))].join('');
}

/** What several combinations reached together: their mean. How far apart they are says nothing of chance, as a deviation over seeds does. */
function joined(spreads: readonly SweepSpread[]): SweepSpread {
  if (spreads.length === 1) return spreads[0]!;
  return { mean: spreads.reduce((sum, { mean }) => sum + mean, 0) / spreads.length, sd: 0, n: 1 };
}

/** Values side by side, in their order: numbers by size, words as they were written. */
function againstKey(record: SweepRecord, rows: readonly Row[], key: string, axes: readonly string[], metric: Metric): string {
  const listed = axes.filter((other) => !record.ranges?.[other]);
  const values = [...new Map(record.settings.map((setting) => [shown(setting.values[key], key), setting.values[key]])).entries()];
  const numeric = values.every(([, given]) => typeof given === 'number');
  if (numeric) values.sort(([, a], [, b]) => Number(a) - Number(b));
  const names = values.map(([name]) => name);
  const [x0, , w] = plotArea();
  const dense = names.length > 8;
  // What is drawn from a range is another in every row: no line leads through one of its values.
  // And between those that had other epochs, it would say what the key does not.
  const joined = numeric && !rows.some((row) => isEarly(row, rows));
  const series = joined ? seriesOf(rows, key, listed) : [];
  // The name of a line stands behind its last point.
  const held = Math.max(0, 14 + LETTER * Math.max(0, ...series.map(({ name }) => name.length)) - w / (2 * names.length));
  const at = (name: string): number => x0 + ((names.indexOf(name) + 0.5) / names.length) * (w - held);
  const groups = names.map((name) => ({ name, x: at(name), own: rows.filter((row) => shown(row.values[key], key) === name) })).filter(({ own }) => own.length > 0);
  const scale = scaleOf(rows, metric);
  // Side by side, so that their deviations do not hide each other.
  const apart = Math.min(12, (0.6 * w) / (names.length * Math.max(...groups.map(({ own }) => own.length))));
  const hue = series.length > 0 ? undefined : hueOf(rows, listed, key);
  const places = new Map(groups.flatMap(({ x, own }) => own.map((row, i) => [row, x + (i - (own.length - 1) / 2) * apart] as const)));
  const colours = new Map(series.flatMap(({ rows: own }, i) => own.map((row) => [row, strokeStyle(i).colour] as const)));
  const dots = rows.map((row) => {
    const [x, colour] = [places.get(row)!, colours.get(row) ?? hue?.colourOf(row)];
    return `${deviation(x, metric.of(row)!, scale.y, colour)}<circle class="${dotClass('run', row, rows)}" cx="${px(x)}" cy="${px(scale.y(metric.of(row)!.mean))}" r="4"${filled(row, rows, colour)}><title>${escaped(label(row, rows, axes, metric))}</title></circle>`;
  });
  const means = groups.map(({ x, own }) => [x, own.reduce((sum, row) => sum + metric.of(row)!.mean, 0) / own.length] as const);
  const line = series.length > 0 ? seriesLines(series, (row) => [places.get(row)!, scale.y(metric.of(row)!.mean)]) : joined ? meanLine(means.map(([x, mean]) => [x, scale.y(mean)]), hue !== undefined) : '';
  const every = dense ? Math.ceil(names.length / 8) : 1;
  const labels = groups.filter((_, i) => i % every === 0).map(({ name, x }) => written(name, x, PANEL.height - PANEL.bottom + 16, (every * w) / names.length));
  return [titled(l10n.t('{0} against {1}', metric.name, shortKey(key, axes))), hue ? hueLegend(hue, PANEL.left, LEGEND, PANEL.width - PANEL.left) : '', scale.frame, line, ...dots, ...labels, below(shortKey(key, axes))].join('');
}

/** Between two names there is nothing that a line could lead through: only numbers have one. */
function meanLine(points: readonly (readonly [x: number, y: number])[], ofAll: boolean): string {
  // Over dots of several colours it has none of them.
  return `<polyline class="mean"${ofAll ? ' style="stroke: #8b949e"' : ''} points="${points.map(([x, y]) => `${px(x)},${px(y)}`).join(' ')}"/>`;
}

/** What was drawn from a range stands where its number is. */
function againstRange(rows: readonly Row[], key: string, scale: 'linear' | 'log', axes: readonly string[], metric: Metric, hue: Hue | undefined): string {
  return againstNumber(rows, shortKey(key, axes), (row) => Number(row.values[key]), metric, { log: scale === 'log', write: String, hue });
}

/** On a logarithmic axis: a cost counts by its factor. */
function againstCost(rows: readonly Row[], title: string, of: (row: Row) => number, metric: Metric, hue: Hue | undefined): string {
  // A network of convolutions has no tokens: it has no place on their axis.
  const drawn = rows.filter((row) => of(row) > 0);
  const name = drawn.length < rows.length ? l10n.t('{0} (combinations without: {1})', title, rows.length - drawn.length) : title;
  return againstNumber(drawn, name, of, metric, { log: true, write: amount, hue });
}

function againstNumber(rows: readonly Row[], title: string, of: (row: Row) => number, metric: Metric, { log, write, hue }: { readonly log: boolean; readonly write: (value: number) => string; readonly hue: Hue | undefined }): string {
  const [x0, , w] = plotArea();
  const place = log ? Math.log10 : Number;
  const logs = rows.map((row) => place(of(row)));
  const [least, most] = [Math.min(...logs), Math.max(...logs)];
  const room = most > least ? 0.08 * (most - least) : 1;
  const at = (of: number): number => x0 + ((of - least + room) / (most - least + 2 * room)) * w;
  const scale = scaleOf(rows, metric);
  const dots = rows.map((row, i) => {
    const x = at(logs[i]!);
    const colour = hue?.colourOf(row);
    return `${deviation(x, metric.of(row)!, scale.y, colour)}<circle class="${dotClass('dot', row, rows)}" cx="${px(x)}" cy="${px(scale.y(metric.of(row)!.mean))}" r="4"${filled(row, rows, colour)}><title>${escaped(label(row, rows, Object.keys(row.values), metric))}</title></circle>`;
  });
  const ticks = [...new Set(rows.map(of))].sort((a, b) => a - b);
  const few = ticks.length > 6 ? [ticks[0]!, ticks[ticks.length >> 1]!, ticks.at(-1)!] : ticks;
  let last = -Infinity;
  const labels = few.flatMap((tick) => {
    const x = at(place(tick));
    if (x - last < 44) return [];
    last = x;
    return [`<text class="small" x="${px(x)}" y="${PANEL.height - PANEL.bottom + 16}" text-anchor="middle">${write(tick)}</text>`];
  });
  return [titled(l10n.t('{0} against {1}', metric.name, title)), hue ? hueLegend(hue, PANEL.left, LEGEND, PANEL.width - PANEL.left) : '', scale.frame, ...dots, ...labels, below(title)].join('');
}

/** A letter of 12 px is so wide, as a rule. */
const LETTER = 6.6;

/** A name that keeps to its room: a longer one is cut, and whole in its `<title>`. */
function written(name: string, x: number, y: number, room: number, anchor: 'middle' | 'end' = 'middle'): string {
  const letters = [...name];
  const fit = Math.max(2, Math.floor((room - 4) / LETTER));
  const text = letters.length > fit ? `${letters.slice(0, fit - 1).join('')}…` : name;
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${text === name ? '' : `<title>${escaped(name)}</title>`}${escaped(text)}</text>`;
}

/** Whether successive halving ended a combination before others: what it reached, it reached in fewer epochs. */
function isEarly({ round }: Row, rows: readonly Row[]): boolean {
  return rows.some((other) => other.round > round);
}

function dotClass(name: 'run' | 'dot', row: Row, rows: readonly Row[]): string {
  return isEarly(row, rows) ? `${name} early` : name;
}

function filled(row: Row, rows: readonly Row[], colour: string | undefined): string {
  return colour === undefined ? '' : ` style="${isEarly(row, rows) ? 'stroke' : 'fill'}: ${colour}"`;
}

/** Up and down from the mean; nothing of a single training. */
function deviation(x: number, { mean, sd, n }: SweepSpread, y: (value: number) => number, colour?: string): string {
  const stroke = colour === undefined ? '' : ` style="stroke: ${colour}"`;
  return n > 1 ? `<line class="sd"${stroke} x1="${px(x)}" x2="${px(x)}" y1="${px(y(mean - sd))}" y2="${px(y(mean + sd))}"/>` : '';
}

function label(row: Row, rows: readonly Row[], axes: readonly string[], metric: Metric): string {
  const epochs = rows.some((other) => other.round !== row.round) ? `, epochs ${row.epochs}` : '';
  return `${axes.map((key) => `${shortKey(key, axes)} ${shown(row.values[key], key)}`).join(', ')}${epochs}: ${valueOver(metric, metric.of(row)!)}`;
}

/** The vertical axis, with a grid of round numbers. */
function scaleOf(rows: readonly Row[], metric: Metric): { readonly y: (value: number) => number; readonly frame: string } {
  const [x0, y0, w, h] = plotArea();
  const ends = rows.flatMap((row) => [metric.of(row)!.mean - metric.of(row)!.sd, metric.of(row)!.mean + metric.of(row)!.sd]);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  // One point alone tells of no difference, of which an axis of a tenth of a percent would make one.
  const [low, high] = most > least ? [least, most] : [least - 0.02, least + 0.02];
  const step = roundStep(Math.max(1e-3, (high - low) / 4));
  const [from, to] = [Math.floor(low / step) * step, Math.ceil(high / step + 1e-9) * step];
  const top = to > from ? to : from + step;
  const y = (at: number): number => y0 + h - ((at - from) / (top - from)) * h;
  const lines: string[] = [];
  for (let tick = from; tick <= top + step / 2; tick += step) lines.push(`<line class="grid" x1="${x0}" x2="${x0 + w}" y1="${px(y(tick))}" y2="${px(y(tick))}"/><text class="small" x="${x0 - 6}" y="${px(y(tick) + 4)}" text-anchor="end">${value(metric, tick)}</text>`);
  return { y, frame: `${lines.join('')}<path class="axis" d="M${x0} ${y0}V${y0 + h}H${x0 + w}"/>` };
}

function plotArea(): readonly [x: number, y: number, width: number, height: number] {
  return [PANEL.left, PANEL.top, PANEL.width - PANEL.left - PANEL.right, PANEL.height - PANEL.top - PANEL.bottom];
}

function titled(text: string): string {
  return `<text class="title" x="${PANEL.left}" y="20">${escaped(text)}</text>`;
}

function below(text: string): string {
  return `<text x="${(PANEL.left + PANEL.width - PANEL.right) / 2}" y="${PANEL.height - 14}" text-anchor="middle">${escaped(text)}</text>`;
}

function beside(text: string): string {
  const y = (PANEL.top + PANEL.height - PANEL.bottom) / 2;
  return `<text x="14" y="${y}" text-anchor="middle" transform="rotate(-90 14 ${y})">${escaped(text)}</text>`;
}

/** Shares in per cent. */
function value({ name }: Metric, of: number): string {
  return isLoss(name) ? of.toPrecision(3) : `${(100 * of).toFixed(1)} %`;
}

/** Over the seeds, if there were several. */
function valueOver(metric: Metric, { mean, sd, n }: SweepSpread): string {
  if (n === 1) return value(metric, mean);
  if (!isLoss(metric.name)) return `${value(metric, mean)} ± ${(100 * sd).toFixed(1)}`;
  return sd === 0 ? `${value(metric, mean)} ± 0` : `${mean.toFixed(placesOf(sd))} ± ${sd.toFixed(placesOf(sd))}`;
}

function amount(of: number): string {
  for (const [unit, size] of [['G', 1e9], ['M', 1e6], ['k', 1e3]] as const) if (of >= size) return `${Number(of.toPrecision(3)) / size} ${unit}`;
  return String(Number(of.toPrecision(3)));
}

function ramp(share: number): string {
  const at = Math.min(0.9999, Math.max(0, share)) * (RAMP.length - 1);
  const [a, b, t] = [RAMP[Math.floor(at)]!, RAMP[Math.floor(at) + 1]!, at % 1];
  return `rgb(${a.map((channel, i) => Math.round(channel + (b[i]! - channel) * t)).join(' ')})`;
}
