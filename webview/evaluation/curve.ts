import * as l10n from '@vscode/l10n';
import type { ClassScores } from '../../src/protocol';
import { el, setText } from '../dom';
import { fixed, percent } from '../numbers';
import { axes, drawing, shareAt, SIZE, svg, toX, toY } from '../draw/svg';

export type CurveKind = 'roc' | 'pr';

interface Line {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The ROC or the precision–recall curve of a class against all others; pointer and arrow keys read it. */
export function curveFigure(one: ClassScores, kind: CurveKind, images: number): HTMLElement {
  const line = lineOf(one, kind);
  const [horizontal, vertical] = kind === 'roc' ? [l10n.t('False positives'), l10n.t('True positives')] : [l10n.t('Recall'), l10n.t('Precision')];
  const summary = areaWords(one, kind);
  const base = kind === 'roc' ? [[0, 0], [1, 1]] as const : [[0, one.support / Math.max(1, images)], [1, one.support / Math.max(1, images)]] as const;
  const cursor = svg('circle', { class: 'cursor', r: 4, cx: -10, cy: -10 });
  const picture = drawing(
    `${kind === 'roc' ? l10n.t('ROC curve of {0}', one.label) : l10n.t('Precision–recall curve of {0}', one.label)}. ${summary}`,
    axes(horizontal, vertical),
    svg('line', { class: 'diagonal', x1: toX(base[0][0]), y1: toY(base[0][1]), x2: toX(base[1][0]), y2: toY(base[1][1]) }),
    ...(line ? [svg('polyline', { class: 'curve', points: pointsOf(line) }), cursor] : []),
  );
  const reading = el('p', { class: 'reading', 'aria-live': 'polite' }, summary);
  if (line) readable(picture, line, cursor, (at) => setText(reading, at === null ? summary : `${horizontal} ${percent(line.x[at] ?? 0)} · ${vertical} ${percent(line.y[at] ?? 0)}`));
  return el('div', { class: 'curve-figure' }, picture, reading);
}

function lineOf({ curves }: ClassScores, kind: CurveKind): Line | null {
  if (!curves) return null;
  return kind === 'roc' ? { x: curves.roc.fpr, y: curves.roc.tpr } : { x: curves.pr.recall, y: curves.pr.precision };
}

function areaWords({ auc, ap, support }: ClassScores, kind: CurveKind): string {
  const area = kind === 'roc' ? auc : ap;
  if (area === null) return support === 0 ? l10n.t('No image of this class, so that there is no curve.') : l10n.t('There is no curve.');
  return kind === 'roc' ? l10n.t('Area under the curve (AUC): {0}', fixed(area, 4)) : l10n.t('Average precision (AP): {0}', fixed(area, 4));
}

function pointsOf({ x, y }: Line): string {
  return x.map((share, i) => `${toX(share).toFixed(1)},${toY(y[i] ?? 0).toFixed(1)}`).join(' ');
}

/** Calls back with the point under the pointer or the keys, and with null when neither is on the picture. */
function readable(picture: SVGElement, line: Line, cursor: SVGElement, tell: (at: number | null) => void): void {
  let at: number | null = null;
  const go = (next: number | null): void => {
    at = next;
    cursor.setAttribute('cx', String(next === null ? -10 : toX(line.x[next] ?? 0)));
    cursor.setAttribute('cy', String(next === null ? -10 : toY(line.y[next] ?? 0)));
    tell(next);
  };
  picture.setAttribute('tabindex', '0');
  picture.addEventListener('pointermove', (event) => {
    const box = picture.getBoundingClientRect();
    const scale = SIZE / box.width;
    go(nearest(line, shareAt((event.clientX - box.left) * scale), (event.clientY - box.top) * scale));
  });
  for (const leave of ['pointerleave', 'blur']) picture.addEventListener(leave, () => go(null));
  picture.addEventListener('keydown', (event) => {
    const last = line.x.length - 1;
    const step = Math.max(1, Math.round(line.x.length / 40));
    const to = ({ ArrowLeft: (at ?? step) - step, ArrowRight: (at ?? -step) + step, Home: 0, End: last } as const)[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(Math.min(last, Math.max(0, to)));
  });
}

/** A curve may rise straight up: of the points at one x, that nearest to the pointer. */
function nearest({ x, y }: Line, share: number, pixelY: number): number {
  let best = 0;
  const far = (i: number): number => Math.hypot(toX(x[i] ?? 0) - toX(share), (toY(y[i] ?? 0) - pixelY) / 4);
  for (let i = 1; i < x.length; i++) if (far(i) < far(best)) best = i;
  return best;
}
