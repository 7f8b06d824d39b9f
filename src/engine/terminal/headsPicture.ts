import * as l10n from '@vscode/l10n';
import type { HeadStatistics } from '../../protocol';
import { escaped, px, roundStep, SVG_STYLE } from '../svg';

const [WIDTH, HEIGHT] = [420, 250];
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 12, 44, 40];

/** Attention distance and entropy of each head by layer, with the standard deviation over the images: Dosovitskiy et al. 2021, figure 7, right. */
export function headsPicture(statistics: HeadStatistics, title: string): string {
  const parts = [
    SVG_STYLE,
    `<text class="title" x="12" y="24">${escaped(l10n.t('{0}: heads over {1} images', title, statistics.images))}</text>`,
    panel(statistics, statistics.distance, statistics.distanceSpread, l10n.t('mean attention distance, px'), 0),
    panel(statistics, statistics.entropy, statistics.entropySpread, l10n.t('entropy, nats'), WIDTH),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH} ${HEIGHT + 20}" width="${2 * WIDTH}" height="${HEIGHT + 20}" role="img">\n${parts.join('\n')}\n</svg>\n`;
}

function panel({ layers, heads }: HeadStatistics, mean: Float32Array, spread: Float32Array, name: string, shift: number): string {
  const most = Math.max(1e-6, ...Array.from(mean, (value, i) => value + spread[i]!));
  const step = roundStep(most / 4);
  const top = Math.ceil(most / step - 1e-9) * step;
  const bottom = HEIGHT - BOTTOM + 20;
  const y = (value: number): number => bottom - (value / top) * (bottom - TOP - 10);
  // Heads of a layer stand side by side in their order.
  const x = (row: number): number => shift + LEFT + ((Math.floor(row / heads) + 0.5 + (heads > 1 ? ((row % heads) / (heads - 1) - 0.5) * 0.6 : 0)) / layers) * (WIDTH - LEFT - RIGHT);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  const every = Math.ceil(layers / 12);
  return [
    ...ticks.map((tick) => `<line class="grid" x1="${shift + LEFT}" x2="${shift + WIDTH - RIGHT}" y1="${px(y(tick))}" y2="${px(y(tick))}"/><text class="small" x="${shift + LEFT - 6}" y="${px(y(tick) + 4)}" text-anchor="end">${Number(tick.toPrecision(3))}</text>`),
    `<path class="axis" d="M${shift + LEFT} ${TOP}V${bottom}H${shift + WIDTH - RIGHT}"/>`,
    ...Array.from({ length: layers }, (_, layer) => layer).filter((layer) => layer % every === 0).map((layer) => `<text class="small" x="${px(x(layer * heads + (heads - 1) / 2))}" y="${bottom + 15}" text-anchor="middle">${layer + 1}</text>`),
    `<text class="small" x="${shift + (LEFT + WIDTH - RIGHT) / 2}" y="${bottom + 31}" text-anchor="middle">${escaped(l10n.t('layer'))}</text>`,
    `<text class="small" x="${shift + 12}" y="${TOP - 4}">${escaped(name)}</text>`,
    ...Array.from(mean, (value, row) => `<line class="sd" x1="${px(x(row))}" x2="${px(x(row))}" y1="${px(y(value + spread[row]!))}" y2="${px(y(Math.max(0, value - spread[row]!)))}"/><circle class="dot" cx="${px(x(row))}" cy="${px(y(value))}" r="3"><title>L${Math.floor(row / heads) + 1} H${(row % heads) + 1}: ${value.toFixed(2)} ± ${spread[row]!.toFixed(2)}</title></circle>`),
  ].join('\n');
}
