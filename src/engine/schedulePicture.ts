import * as l10n from '@vscode/l10n';
import type { SchedulePhase, SchedulePreview } from '../protocol';
import { escaped, px, roundStep, SVG_STYLE } from './svg';

const WIDTH = 760;
const PLOT = { left: 66, right: 24, top: 44, height: 240 };
const ROW = 24;

/** A recipe before it is run, as an SVG picture: the learning rate over the epochs, and under it a bar for each phase. */
export function schedulePicture(preview: SchedulePreview, title: string): string {
  const rows = phaseRows(preview.phases);
  const bottom = PLOT.top + PLOT.height;
  const height = bottom + 50 + rows.length * ROW + 12;
  const x = (step: number): number => PLOT.left + (step / Math.max(1, preview.epochs * preview.stepsPerEpoch)) * (WIDTH - PLOT.left - PLOT.right);
  const most = Math.max(...preview.lr);
  const tick = roundStep(most / 4);
  const top = Math.ceil(most / tick - 1e-9) * tick;
  const y = (lr: number): number => bottom - (lr / top) * PLOT.height;
  const line = preview.step.map((step, i) => `${px(x(step + 0.5))},${px(y(preview.lr[i]!))}`).join(' ');
  const parts = [
    SVG_STYLE,
    `<text class="title" x="12" y="24">${escaped(title)}</text>`,
    ...Array.from({ length: Math.round(top / tick) + 1 }, (_, i) => level(i * tick, y(i * tick))),
    `<path class="axis" d="M${PLOT.left} ${PLOT.top}V${bottom}H${WIDTH - PLOT.right}"/>`,
    ...epochTicks(preview, x, bottom),
    `<text x="12" y="${PLOT.top - 8}" class="small">${escaped(l10n.t('learning rate'))}</text>`,
    `<polyline class="mean" points="${line}"/>`,
    ...rows.flatMap((row, i) => row.map((phase) => bar(phase, x, bottom + 50 + i * ROW))),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">\n${parts.join('\n')}\n</svg>\n`;
}

function level(lr: number, y: number): string {
  return `<line class="grid" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${px(y)}" y2="${px(y)}"/><text class="small" x="${PLOT.left - 6}" y="${px(y + 4)}" text-anchor="end">${lr === 0 ? '0' : String(Number(lr.toPrecision(2)))}</text>`;
}

function epochTicks({ epochs, stepsPerEpoch }: SchedulePreview, x: (step: number) => number, bottom: number): string[] {
  const every = Math.max(1, roundStep(epochs / 8));
  const ticks = Array.from({ length: Math.floor(epochs / every) + 1 }, (_, i) => i * every);
  return [
    ...ticks.map((epoch) => `<text class="small" x="${px(x(epoch * stepsPerEpoch))}" y="${bottom + 16}" text-anchor="middle">${epoch}</text>`),
    `<text x="${px((PLOT.left + WIDTH - PLOT.right) / 2)}" y="${bottom + 34}" text-anchor="middle">${escaped(l10n.t('epochs of {0} steps', stepsPerEpoch))}</text>`,
  ];
}

/** Phases of the learning rate share a row, and those of each other kind another. */
function phaseRows(phases: readonly SchedulePhase[]): readonly (readonly SchedulePhase[])[] {
  const kinds: readonly (readonly SchedulePhase['kind'][])[] = [['warmup', 'decay', 'cooldown'], ['size'], ['mixing'], ['patch_dropout']];
  return kinds.map((kind) => phases.filter((phase) => kind.includes(phase.kind))).filter((row) => row.length > 0);
}

function bar({ label, value, kind, begin, end }: SchedulePhase, x: (step: number) => number, y: number): string {
  const [left, width] = [x(begin), x(end) - x(begin)];
  const words = kind === 'patch_dropout' ? `${label} ${value}` : label;
  // Seven pixels a letter, more or less; what does not fit is told by the pointer.
  const shown = words.length * 7 <= width ? `<text class="small" x="${px(left + 5)}" y="${y + 14}">${escaped(words)}</text>` : '';
  return `<g><title>${escaped(words)}</title><rect class="phase" x="${px(left)}" y="${y}" width="${px(width)}" height="${ROW - 5}" rx="2"/>${shown}</g>`;
}
