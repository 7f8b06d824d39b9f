import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { FlowBox, FlowPicture, FlowView, ImageQuestion } from '../../protocol';
import { ensureFolder, writeFileAtomic } from '../atomic';
import { withNearest } from '../config/nearest';
import { writeNpy } from '../weights/npy';
import { number, text, UsageError, type Terminal } from './command';

/** `inspect … --flow`: what an image is on its way through the network, a line for each place; with `--box` one of them as an array. */
export async function runFlow(terminal: Terminal, question: ImageQuestion): Promise<number> {
  const { output, engine } = terminal;
  const q = { ...question, block: counted(terminal, 'block'), head: counted(terminal, 'head') };
  const view = await engine.api.viewFlow(q, terminal.call());
  const wished = text(terminal, 'box');
  const array = wished === undefined ? undefined : await saveBox(terminal, q, boxOf(view, wished));
  if (output.json) output.document(report(view, question, array));
  else {
    printFlow(terminal, view);
    if (array !== undefined) output.print(`  ${path.relative('', array)}`);
  }
  return 0;
}

/** An option that counts from 1, as people do; the network counts from 0. */
function counted(terminal: Terminal, name: string): number {
  const value = number(terminal, name, 1);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(l10n.t('--{0} takes a number from 1, not {1}', name, value));
  return value - 1;
}

function boxOf({ boxes }: FlowView, name: string): FlowBox {
  const found = boxes.find(({ box }) => box === name);
  const names = boxes.map(({ box }) => box);
  if (!found) throw new UsageError(withNearest(l10n.t('--box takes one of {0}, not {1}', names.join(', '), name), name, names));
  return found.box;
}

async function saveBox(terminal: Terminal, q: Parameters<Terminal['engine']['api']['viewFlow']>[0], box: FlowBox): Promise<string> {
  const { matrix } = await terminal.engine.api.viewFlowBox({ ...q, box }, terminal.call());
  const folder = path.resolve(text(terminal, 'out') ?? `${path.parse(q.file).name}-inspect`);
  await ensureFolder(folder);
  const file = path.join(folder, `${box}.npy`);
  await writeFileAtomic(file, writeNpy({ shape: [matrix.rows, matrix.columns], data: matrix.values }));
  return file;
}

function printFlow({ output }: Terminal, { block, head, facts, boxes }: FlowView): void {
  const heading = [l10n.t('box'), l10n.t('shape'), 'min', 'max', l10n.t('mean'), l10n.t('std')];
  const rows = boxes.map(({ box, shape, stats }) => [box, `[${shape.join(', ')}]`, ...[stats.min, stats.max, stats.mean, stats.deviation].map(written)]);
  const widths = heading.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ').trimEnd();
  if (facts.blocks > 0) output.print(l10n.t('Block {0} of {1}, head {2} of {3}', block + 1, facts.blocks, head + 1, facts.heads));
  output.print(line(heading));
  for (const row of rows) output.print(line(row));
}

function written(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(4) : '–';
}

function report({ block, head, facts, boxes, norms }: FlowView, { checkpoint, file }: ImageQuestion, array: string | undefined): object {
  const box = ({ picture: _, ...about }: FlowPicture): object => about;
  return {
    file, checkpoint, block, head, facts,
    boxes: boxes.map(box),
    norms: Array.from({ length: norms.rows }, (_, i) => [...norms.values.slice(i * norms.columns, (i + 1) * norms.columns)]),
    ...(array !== undefined && { array }),
  };
}
