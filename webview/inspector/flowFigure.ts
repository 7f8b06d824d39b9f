import * as l10n from '@vscode/l10n';
import type { FlowBox, FlowFacts, FlowPicture, FlowView } from '../../src/protocol';
import { themeColour } from '../dom';
import type { Paper, Pen } from '../draw/pen';
import { significant } from '../numbers';
import { coloursIn } from './flowBox';
import { barColour, matrixCanvas } from './flowPaint';
import { groupsOf, partOf, parts, wiresOf, type Wire } from './flowGraph';
import { boxWords, partName } from './flowWords';
import { canvasOf } from './hero';
import type { Model } from './session';

/** A box of the figure, and what lies between two of them, in units of the figure. */
const BOX = { width: 112, picture: 84, text: 54 } as const;
const GAP = 26;
const HEADING = 28;
/** Boxes side by side: more go on in the next row. */
const COLUMNS = 6;
const TALL = BOX.picture + BOX.text;

/** The way of the image through the network, box by box, as a part of the exported figure; null while it is not known. */
export function flowFigure(model: Model): { readonly width: number; readonly height: number; readonly draw: (paper: Paper, x: number, y: number) => void } | null {
  const { flow } = model;
  if (!flow) return null;
  const sections = parts.map((part) => ({ part, rows: rowsOf(groupsOf(flow.boxes.map(({ box }) => box).filter((box) => partOf(box) === part))) })).filter(({ rows }) => rows.length > 0);
  const heightOf = (rows: readonly Row[]): number => HEADING + rows.reduce((sum, row) => sum + row.height, 0);
  return {
    width: COLUMNS * (BOX.width + GAP) - GAP,
    height: sections.reduce((sum, { rows }) => sum + heightOf(rows), 0),
    draw(paper, x, y) {
      let top = y;
      for (const { part, rows } of sections) {
        ink(paper);
        paper.font = '600 13px sans-serif';
        paper.fillText(partName(part, flow.facts, flow.block), x, top + 14);
        let at = top + HEADING;
        for (const row of rows) {
          drawRow(paper, model, flow, row, x, at);
          at += row.height;
        }
        top += heightOf(rows);
      }
    },
  };
}

interface Row {
  readonly groups: readonly (readonly FlowBox[])[];
  readonly height: number;
  /** Whether another row led here. */
  readonly continues: boolean;
}

function rowsOf(groups: readonly (readonly FlowBox[])[]): readonly Row[] {
  return Array.from({ length: Math.ceil(groups.length / COLUMNS) }, (_, i) => {
    const own = groups.slice(i * COLUMNS, (i + 1) * COLUMNS);
    return { groups: own, height: Math.max(...own.map((group) => group.length)) * TALL + 8, continues: i > 0 };
  });
}

function drawRow(paper: Paper, model: Model, flow: FlowView, { groups, height, continues }: Row, x: number, y: number): void {
  const wires = wiresOf(flow.boxes.map(({ box }) => box), flow.facts);
  const middle = y + (height - 8 - TALL) / 2;
  for (const [column, group] of groups.entries()) {
    const left = x + column * (BOX.width + GAP);
    const top = y + (height - 8 - group.length * TALL) / 2;
    if (column > 0) arrow(paper, left - GAP, middle + 16 + BOX.picture / 2, GAP);
    else if (continues) arrow(paper, left - 16, middle + 16 + BOX.picture / 2, 16);
    for (const [i, box] of group.entries()) {
      const picture = flow.boxes.find((one) => one.box === box);
      if (picture) drawBox(paper, model, picture, flow.facts, wires.filter(({ to, residual }) => to === box && residual), left, top + i * TALL);
    }
  }
}

/** Name, picture, shape and range; what is added as it is stands below. */
function drawBox(paper: Paper, model: Model, picture: FlowPicture, facts: FlowFacts, added: readonly Wire[], x: number, y: number): void {
  ink(paper);
  paper.font = '12px sans-serif';
  paper.fillText(boxWords(picture.box, facts).title, x, y + 11, BOX.width);
  const place = { x, y: y + 16, width: BOX.width, height: BOX.picture - 20 };
  paintBox(paper, model, picture, place);
  paper.strokeStyle = themeColour('--vscode-foreground', '#888');
  paper.lineWidth = 0.5;
  paper.strokeRect(place.x, place.y, place.width, place.height);
  ink(paper);
  paper.font = '10px sans-serif';
  paper.fillText(picture.shape.map(String).join(' × '), x, y + BOX.picture + 8, BOX.width);
  paper.fillText(`${significant(picture.stats.min, 2)} … ${significant(picture.stats.max, 2)}`, x, y + BOX.picture + 21, BOX.width);
  if (added.length > 0) paper.fillText(`+ ${added.map(({ from }) => (from === 'middle' ? l10n.t('the sum before') : boxWords(from, facts).title)).join(', ')}`, x, y + BOX.picture + 34, BOX.width);
}

function paintBox(paper: Paper, model: Model, picture: FlowPicture, place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): void {
  const view = model.state?.view;
  if (picture.box === 'image' && view) {
    const image = canvasOf(view.seen);
    const scale = Math.min(place.width / image.width, place.height / image.height);
    paper.imageSmoothingEnabled = true;
    paper.drawImage(image, place.x + (place.width - image.width * scale) / 2, place.y + (place.height - image.height * scale) / 2, image.width * scale, image.height * scale);
    return;
  }
  if (picture.size[0] === 1) return bars(paper, picture, place);
  const { colours, scale } = coloursIn(model, picture);
  paper.imageSmoothingEnabled = false;
  paper.drawImage(matrixCanvas(picture.picture, colours, scale), place.x, place.y, place.width, place.height);
}

function bars(paper: Pen, { picture: { values }, stats }: FlowPicture, { x, y, width, height }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): void {
  const [low, high] = [Math.min(0, stats.min), Math.max(0, stats.max)];
  const of = (value: number): number => y + height - ((value - low) / (high - low || 1)) * height;
  const step = width / values.length;
  paper.fillStyle = barColour();
  values.forEach((value, i) => {
    if (!Number.isNaN(value)) paper.fillRect(x + i * step, Math.min(of(value), of(0)), Math.max(0.5, step - (step > 4 ? 1 : 0)), Math.max(0.5, Math.abs(of(value) - of(0))));
  });
  ink(paper);
  paper.fillRect(x, of(0), width, 0.5);
}

function arrow(paper: Pen, x: number, y: number, width: number): void {
  ink(paper);
  paper.fillRect(x + 4, y - 0.5, width - 12, 1);
  paper.font = '10px sans-serif';
  paper.fillText('▸', x + width - 10, y + 3.5);
}

function ink(paper: Pen): void {
  paper.fillStyle = themeColour('--vscode-editor-foreground', '#888');
}
