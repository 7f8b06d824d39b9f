/**
 * A report before it is a page: what is said, in order, without a word on how it looks. Every text is plain: whatever a name
 * or a message holds, it is shown as it is, since `html.ts` and `markdown.ts` escape it.
 */
import type { ReferenceKey } from './bibliography';

export type Span = string | { readonly code: string } | { readonly strong: string } | { readonly cite: readonly ReferenceKey[] };
export type Inline = string | readonly Span[];

export interface Table {
  readonly kind: 'table';
  readonly caption: Inline;
  readonly head: readonly Inline[];
  readonly rows: readonly (readonly Inline[])[];
  /** Columns of numbers, which stand to the right. */
  readonly numbers?: readonly number[];
}

export interface Figure {
  readonly kind: 'figure';
  /** Of its file, without ending. */
  readonly name: string;
  /** A whole SVG document without styles, scripts and ids, as it stands in the page among others; letters have `currentColor`. */
  readonly svg: string;
  /** What is seen, for those who do not see it. */
  readonly alt: string;
  readonly caption: Inline;
}

export type Block =
  | { readonly kind: 'text'; readonly text: Inline }
  | { readonly kind: 'list'; readonly items: readonly Inline[] }
  | { readonly kind: 'heading'; readonly text: string }
  /** What a reader must know to read the numbers beside it. */
  | { readonly kind: 'caution'; readonly text: Inline }
  /** A place for the author. */
  | { readonly kind: 'own'; readonly prompt: string }
  | { readonly kind: 'code'; readonly title: string; readonly language: string; readonly text: string }
  | Table
  | Figure;

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
  /** Begins on a page of its own where it is printed. */
  readonly newPage?: boolean;
}

export interface ReportDocument {
  readonly language: string;
  readonly title: string;
  readonly author: string | null;
  readonly date: string;
  readonly subtitle: string;
  readonly sections: readonly Section[];
  /** What the sections cite, in that order, with what is known of each. */
  readonly references: readonly Reference[];
}

export interface Reference {
  readonly key: ReferenceKey;
  /** For people. */
  readonly text: string;
  readonly url: string;
}

export function text(words: Inline): Block {
  return { kind: 'text', text: words };
}

export function list(items: readonly Inline[]): Block[] {
  return items.length === 0 ? [] : [{ kind: 'list', items }];
}

export function heading(words: string): Block {
  return { kind: 'heading', text: words };
}

export function own(prompt: string): Block {
  return { kind: 'own', prompt };
}

export function caution(words: Inline): Block {
  return { kind: 'caution', text: words };
}

/** A message of the program, in which keys and values stand between backticks. */
export function quoting(message: string): Inline {
  return message.split(/`([^`]+)`/).map((part, i) => (i % 2 === 1 ? { code: part } : part)).filter((span) => span !== '');
}

export function cite(...keys: readonly ReferenceKey[]): Span {
  return { cite: keys };
}

/** A sentence with where it is from, which stands before its full stop. */
export function citing(sentence: string, ...keys: readonly ReferenceKey[]): Inline {
  if (keys.length === 0) return sentence;
  return sentence.endsWith('.') ? [sentence.slice(0, -1), { cite: keys }, '.'] : [sentence, { cite: keys }];
}

export function spansOf(words: Inline): readonly Span[] {
  return typeof words === 'string' ? [words] : words;
}

/** Keys of the references, in the order in which they are cited first. */
export function cited(sections: readonly Section[]): readonly ReferenceKey[] {
  const keys = new Set<ReferenceKey>();
  const read = (words: Inline): void => spansOf(words).forEach((span) => typeof span === 'object' && 'cite' in span && span.cite.forEach((key) => keys.add(key)));
  for (const { blocks } of sections) for (const block of blocks) inlinesOf(block).forEach(read);
  return [...keys];
}

function inlinesOf(block: Block): readonly Inline[] {
  switch (block.kind) {
    case 'text':
    case 'caution':
      return [block.text];
    case 'list':
      return block.items;
    case 'table':
      return [block.caption, ...block.head, ...block.rows.flat()];
    case 'figure':
      return [block.caption];
    case 'heading':
    case 'own':
    case 'code':
      return [];
  }
}
