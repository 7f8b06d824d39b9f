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

/** The same class in another run, which is drawn over the first one's. */
export interface Second {
  readonly one: ClassScores;
  /** Of the runs. */
  readonly names: readonly [first: string, second: string];
}

/** The ROC or the precision–recall curve of a class against all others; pointer and arrow keys read it. Of two runs, both in one diagram. */
export function curveFigure(one: ClassScores, kind: CurveKind, images: number, second: Second | null = null): HTMLElement {
  const [line, other] = [lineOf(one, kind), second && lineOf(second.one, kind)];
  const [horizontal, vertical] = kind === 'roc' ? [l10n.t('False positives'), l10n.t('True positives')] : [l10n.t('Recall'), l10n.t('Precision')];
  const summary = second ? bothWords(one, second.one, kind) : areaWords(one, kind);
  const base = kind === 'roc' ? [[0, 0], [1, 1]] as const : [[0, one.support / Math.max(1, images)], [1, one.support / Math.max(1, images)]] as const;
  const cursor = svg('circle', { class: 'cursor', r: 4, cx: -10, cy: -10 });
  const picture = drawing(
    `${kind === 'roc' ? l10n.t('ROC curve of {0}', one.label) : l10n.t('Precision–recall curve of {0}', one.label)}. ${summary}`,
    axes(horizontal, vertical),
    svg('line', { class: 'diagonal', x1: toX(base[0][0]), y1: toY(base[0][1]), x2: toX(base[1][0]), y2: toY(base[1][1]) }),
    ...(other ? [svg('polyline', { class: 'curve second', points: pointsOf(other) })] : []),
    ...(line ? [svg('polyline', { class: 'curve', points: pointsOf(line) }), cursor] : []),
  );
  const say = (at: number): string => {
    if (!line) return summary;
    const [x, y] = [line.x[at] ?? 0, line.y[at] ?? 0];
    const beside = other && heightAt(other, x, kind);
    return beside === null ? `${horizontal} ${percent(x)} · ${vertical} ${percent(y)}` : l10n.t('{0} {1} · {2}: first {3}, second {4}', horizontal, percent(x), vertical, percent(y), percent(beside));
  };
  const reading = el('p', { class: 'reading', 'aria-live': 'polite' }, summary);
  if (line) readable(picture, line, cursor, (at) => setText(reading, at === null ? summary : say(at)));
  return el('div', { class: 'curve-figure' }, second && legendOf(second), picture, reading);
}

function legendOf({ names }: Second): HTMLElement {
  const sample = (name: string): SVGElement => svg('svg', { class: 'sample', viewBox: '0 0 28 8', 'aria-hidden': 'true' }, svg('line', { class: name, x1: 0, x2: 28, y1: 4, y2: 4 }));
  return el('ul', { class: 'two-legend' }, ...['curve', 'curve second'].map((name, i) => el('li', {}, sample(name), el('span', { title: names[i] }, i === 0 ? l10n.t('First: {0}', names[0]) : l10n.t('Second: {0}', names[1])))));
}

/** How high a curve stands above a place, as the steps that it is: never higher than some threshold reaches. */
function heightAt({ x, y }: Line, share: number, kind: CurveKind): number | null {
  // ROC: the most true positives with no more false ones. Precision–recall: the best precision with no less recall.
  let best: number | null = null;
  x.forEach((at, i) => {
    const reaches = kind === 'roc' ? at <= share : at >= share;
    if (reaches && (best === null || (y[i] ?? 0) > best)) best = y[i] ?? 0;
  });
  return best;
}

function bothWords(first: ClassScores, second: ClassScores, kind: CurveKind): string {
  const [a, b] = kind === 'roc' ? [first.auc, second.auc] : [first.ap, second.ap];
  if (a === null || b === null) return a === null ? areaWords(first, kind) : areaWords(second, kind);
  const change = `${b >= a ? '+' : '−'}${fixed(Math.abs(b - a), 4)}`;
  return kind === 'roc' ? l10n.t('AUC: first {0}, second {1} ({2})', fixed(a, 4), fixed(b, 4), change) : l10n.t('AP: first {0}, second {1} ({2})', fixed(a, 4), fixed(b, 4), change);
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
