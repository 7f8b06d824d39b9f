import type { Classified } from '../../src/protocol';

export const columns = ['file', 'folder', 'label', 'probability', 'runnerUp', 'error'] as const;
export type Column = (typeof columns)[number];

/** How the table is shown; kept over reloads. */
export interface Order {
  readonly column: Column;
  readonly descending: boolean;
  readonly filter: string;
}

const first: Order = { column: 'file', descending: false, filter: '' };

export function readOrder(kept: unknown): Order {
  if (typeof kept !== 'object' || kept === null) return first;
  const given = kept as Partial<Record<keyof Order, unknown>>;
  return {
    column: columns.find((column) => column === given.column) ?? 'file',
    descending: given.descending === true,
    filter: typeof given.filter === 'string' ? given.filter : '',
  };
}

/** The rows that hold every word of the filter in path, label or error, in the chosen order; equal ones by file. */
export function arrange(rows: readonly Classified[], order: Order): readonly Classified[] {
  const words = order.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = rows.filter((row) => {
    const text = `${row.file} ${row.predictions[0]?.label ?? ''} ${row.error ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const sign = order.descending ? -1 : 1;
  return kept.sort((a, b) => sign * compare(a, b, order.column) || natural(a.file, b.file));
}

const collator = new Intl.Collator(undefined, { numeric: true });
const natural = (a: string, b: string): number => collator.compare(a, b);

function compare(a: Classified, b: Classified, column: Column): number {
  switch (column) {
    case 'file':
      return natural(a.file, b.file);
    case 'folder':
      return natural(folderName(a.file), folderName(b.file));
    case 'label':
      return natural(a.predictions[0]?.label ?? '', b.predictions[0]?.label ?? '');
    case 'probability':
      return (a.predictions[0]?.probability ?? -1) - (b.predictions[0]?.probability ?? -1);
    case 'runnerUp':
      return (a.predictions[1]?.probability ?? -1) - (b.predictions[1]?.probability ?? -1);
    case 'error':
      return natural(a.error ?? '', b.error ?? '');
  }
}

/** How many rows have each label, most first; and how many could not be read. */
export function countLabels(rows: readonly Classified[]): { readonly labels: readonly (readonly [string, number])[]; readonly broken: number } {
  const counts = new Map<string, number>();
  let broken = 0;
  for (const row of rows) {
    const label = row.predictions[0]?.label;
    if (row.error !== undefined || label === undefined) broken++;
    else counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return { labels: [...counts].sort((a, b) => b[1] - a[1] || natural(a[0], b[0])), broken };
}

/** The name of the folder that holds a file. */
export function folderName(file: string): string {
  return file.split(/[\\/]/).at(-2) ?? '';
}

/** Why a file could not be read, without its path before it: the row names the file, and there is room for one of them. */
export function reasonOf(error: string, file: string): string {
  for (const name of [file, file.split(/[\\/]/).at(-1) ?? file]) {
    const at = error.indexOf(`${name}: `);
    const reason = at < 0 ? '' : error.slice(at + name.length + 2);
    if (reason !== '') return reason.charAt(0).toUpperCase() + reason.slice(1);
  }
  return error;
}

export interface Agreement {
  readonly matching: number;
  readonly of: number;
}

/**
 * How often the folder's name is the label; null where no folder is called like a label. All folders beside one that is
 * count as classes, also those whose name was never predicted: leaving them out would flatter the model.
 */
export function agreement(rows: readonly Classified[]): Agreement | null {
  const labels = new Set(rows.flatMap((row) => row.predictions.map((one) => one.label)));
  const above = (file: string): string => file.split(/[\\/]/).slice(0, -2).join('/');
  const places = new Set(rows.filter((row) => labels.has(folderName(row.file))).map((row) => above(row.file)));
  if (places.size === 0) return null;
  const judged = rows.filter((row) => row.error === undefined && row.predictions.length > 0 && places.has(above(row.file)));
  return { matching: judged.filter((row) => row.predictions[0]?.label === folderName(row.file)).length, of: judged.length };
}

/** The rows as written to a file: every prediction with its probability. */
export function csvRows(rows: readonly Classified[]): readonly (readonly (string | number)[])[] {
  const most = rows.reduce((count, row) => Math.max(count, row.predictions.length), 0);
  const headings = Array.from({ length: most }, (_, i) => [`label_${String(i + 1)}`, `probability_${String(i + 1)}`]).flat();
  return [
    ['file', ...headings, 'error'],
    ...rows.map((row) => [
      row.file,
      ...Array.from({ length: most }, (_, i) => [row.predictions[i]?.label ?? '', row.predictions[i]?.probability ?? '']).flat(),
      row.error ?? '',
    ]),
  ];
}

/** The folder that all files share, with its separator, so that a row needs to show only the rest. */
export function commonFolder(files: readonly string[]): string {
  const [one, ...others] = files;
  if (one === undefined) return '';
  let end = one.search(/[^\\/]*$/);
  for (const other of others) while (end > 0 && !other.startsWith(one.slice(0, end))) end = one.slice(0, end - 1).search(/[^\\/]*$/);
  return one.slice(0, end);
}
