import * as l10n from '@vscode/l10n';
import type { ExplanationScore, ExplanationView, ImageView } from '../../protocol';
import { methodName } from '../../explanations';
import { createCanvas, PALE, type Canvas } from './canvas';
import { diverging, viridis } from './colours';
import { perPatch, fitted, grey, HEAD, headline, MARGIN, scaled } from './pictures';

const COLUMNS = 4;

/** The image, and over it what each method says speaks for the class; every map has its own scale. */
export function drawExplanations(view: ImageView, explanations: readonly ExplanationView[], scores: readonly ExplanationScore[]): Canvas {
  const [width, height] = fitted(view, 240);
  const [across, down] = [width + 24, height + 78];
  const count = explanations.length + 1;
  const columns = Math.min(COLUMNS, count);
  const canvas = createCanvas(Math.max(620, MARGIN * 2 + columns * across - 24), HEAD + Math.ceil(count / COLUMNS) * down + MARGIN + 32);
  const { target } = explanations[0]!;
  const share = `${((view.probabilities[target] ?? 0) * 100).toFixed(1)} %`;
  headline(canvas, l10n.t('What speaks for {0} ({1})', view.classes[target] ?? String(target), share), view, '');
  canvas.place(view.original, MARGIN, HEAD + 10, width, height);
  explanations.forEach((explanation, i) => {
    const [column, row] = [(i + 1) % COLUMNS, Math.floor((i + 1) / COLUMNS)];
    const [x, y] = [MARGIN + column * across, HEAD + 10 + row * down];
    canvas.place(grey(view.original), x, y, width, height);
    heat(canvas, explanation, view, { x, y, width, height });
    canvas.text(methodName(explanation.method), x, y + height + 18, { size: 13, bold: true, room: width });
    const score = scores.find(({ method }) => method === explanation.method);
    const below = [
      ...(score ? [l10n.t('deletion {0} · insertion {1}', score.deletionArea.toFixed(3), score.insertionArea.toFixed(3))] : []),
      ...(!score && !explanation.ofClass ? [l10n.t('the same for every class')] : []),
      ...(explanation.signed ? [l10n.t('red for, blue against the class')] : []),
    ];
    below.forEach((line, at) => canvas.text(line, x, y + height + 36 + at * 17, { size: 12, colour: PALE, room: width + 20 }));
  });
  const violet = explanations.some(({ signed }) => !signed) ? [l10n.t('Violet to yellow: from the smallest value of a map to its largest.')] : [];
  [...violet, l10n.t('Attention is no explanation by itself.')].forEach((line, i, { length }) =>
    canvas.text(line, MARGIN, canvas.height - MARGIN + 8 - (length - 1 - i) * 18, { size: 12, colour: PALE, room: canvas.width - 2 * MARGIN }));
  return canvas;
}

function heat(canvas: Canvas, { map, signed }: ExplanationView, { grid }: ImageView, box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): void {
  const most = map.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const { share } = scaled(map);
  const shares = signed ? map.map((value) => (most > 0 ? (value / most + 1) / 2 : 0.5)) : map.map(share);
  const drawn = perPatch(shares, grid, box.width, box.height);
  const colour = signed ? diverging : viridis;
  for (let row = 0; row < box.height; row++)
    for (let column = 0; column < box.width; column++) canvas.fill(box.x + column, box.y + row, 1, 1, colour(drawn[row * box.width + column]!), 0.62);
}
