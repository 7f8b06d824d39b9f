import type { ClassScores } from '../../src/protocol';

export const columns = ['label', 'support', 'precision', 'recall', 'f1', 'auc', 'ap'] as const;
/** Of two runs also: what the second one's recall is, and how much more that is. */
export const pairColumns = [...columns, 'second', 'change'] as const;
export type Column = (typeof pairColumns)[number];

/** What is chosen; kept over reloads. */
export interface Shown {
  readonly column: Column;
  readonly descending: boolean;
  /** Index of the class whose curve is drawn. */
  readonly chosen: number;
  readonly curve: 'roc' | 'pr';
  /** What a cell of the confusion matrix is a share of. */
  readonly norm: Norm;
  /** Whose matrix it is: that of the first run, of the second, or what the second has more. */
  readonly side: Side;
  readonly images: ImageKind;
  /** On which images weights are to be set side by side, and whether with mirror images. */
  readonly weighedSplit: Split;
  readonly weighedMirror: boolean;
  /** The cell whose images are shown: the class that they are of, and the one that they were taken for. */
  readonly cell: readonly [is: number, as: number] | null;
}

export const splits = ['test', 'val', 'train'] as const;
export type Split = (typeof splits)[number];
export const norms = ['counts', 'true', 'predicted'] as const;
export type Norm = (typeof norms)[number];
export const sides = ['first', 'second', 'change'] as const;
export type Side = (typeof sides)[number];
export const imageKinds = ['sure', 'worst', 'unsure', 'cell', 'fixed', 'broken', 'wrong'] as const;
/** `sure`: mistakes, the most confident first; `worst`: the least probability of the right class first; `unsure`: whatever the network was least sure of; `fixed`, `broken`, `wrong`: by what the second run makes of them. */
export type ImageKind = (typeof imageKinds)[number];

export function readShown(kept: unknown): Shown {
  const given = (typeof kept === 'object' && kept !== null ? kept : {}) as Partial<Record<keyof Shown, unknown>>;
  return {
    column: pairColumns.find((column) => column === given.column) ?? 'label',
    descending: given.descending === true,
    chosen: typeof given.chosen === 'number' && Number.isInteger(given.chosen) && given.chosen >= 0 ? given.chosen : 0,
    curve: given.curve === 'pr' ? 'pr' : 'roc',
    norm: norms.find((one) => one === given.norm) ?? 'counts',
    side: sides.find((one) => one === given.side) ?? 'first',
    images: imageKinds.find((one) => one === given.images) ?? 'sure',
    weighedSplit: splits.find((one) => one === given.weighedSplit) ?? 'test',
    weighedMirror: given.weighedMirror === true,
    cell: isCell(given.cell) ? given.cell : null,
  };
}

function isCell(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((one) => Number.isInteger(one) && Number(one) >= 0);
}

/** Indices of the classes in the order of a column; by class it is the dataset's. What is not defined comes last. */
export function arrange(classes: readonly ClassScores[], { column, descending }: Pick<Shown, 'column' | 'descending'>, others: readonly ClassScores[] | null = null): readonly number[] {
  const order = classes.map((_, k) => k);
  const sign = descending ? -1 : 1;
  if (column === 'label') return descending ? order.reverse() : order;
  return order.sort((a, b) => {
    const [x, y] = [valueOf(classes[a], column, others), valueOf(classes[b], column, others)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || a - b;
    return sign * (x - y) || a - b;
  });
}

/** null where the class has none, as the table shows it. */
export function valueOf(one: ClassScores | undefined, column: Exclude<Column, 'label'>, others: readonly ClassScores[] | null = null): number | null {
  if (!one) return null;
  if (column === 'second' || column === 'change') {
    const [own, second] = [valueOf(one, 'recall'), valueOf(others?.find(({ label }) => label === one.label), 'recall')];
    return column === 'second' || second === null || own === null ? second : second - own;
  }
  if (column === 'precision') return one.predicted === 0 ? null : one.precision;
  if (column === 'recall') return one.support === 0 ? null : one.recall;
  if (column === 'f1') return one.support + one.predicted === 0 ? null : one.f1;
  return one[column];
}

/** The table with all digits, as `vit-lab eval --csv` writes it. */
export function csvRows(classes: readonly ClassScores[]): readonly (readonly (string | number)[])[] {
  const between = (interval: ClassScores['recallInterval']): (string | number)[] => (interval ? [...interval] : ['', '']);
  return [
    ['class', 'support', 'predicted', 'precision', 'precision_low', 'precision_high', 'recall', 'recall_low', 'recall_high', 'f1', 'auc', 'ap'],
    ...classes.map((one) => [
      one.label, one.support, one.predicted, one.precision, ...between(one.precisionInterval), one.recall, ...between(one.recallInterval), one.f1, one.auc ?? '', one.ap ?? '',
    ]),
  ];
}
