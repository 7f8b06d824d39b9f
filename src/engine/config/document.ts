import * as l10n from '@vscode/l10n';
import { type Document, isMap, isScalar, type Node, type Pair, parseAllDocuments, visit } from 'yaml';
import type { ConfigProblem } from '../../protocol';

/** Reading YAML that strangers wrote: bounded in size and depth, with one clear problem for everything that is off. */

const MAX_BYTES = 1_000_000;
const MAX_DEPTH = 64;

export interface Place {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A text that holds one value, and where in it everything stands. */
export interface Source {
  /** As problems name it. */
  readonly file: string;
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** The value at a path, or the nearest section around it that is there. */
  placeOf(path: readonly PropertyKey[]): Place;
  /** The key at a path itself. */
  placeOfKey(path: readonly PropertyKey[]): Place;
}

const START: Place = { line: 1, column: 1, endLine: 1, endColumn: 1 };

/** Parses YAML, or JSON, which is YAML as well. */
export function readSource(text: string, file: string): Source {
  const refused = tooMuch(text);
  if (refused !== undefined) return failed(file, [{ file, ...START, key: '', message: refused, severity: 'error' }]);
  const lines = lineStarts(text);
  const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: 'silent', uniqueKeys: true });
  const [document] = documents;
  if (!('length' in documents) || document === undefined) return { ...failed(file, []), value: null };
  const problem = (range: readonly [number, number], message: string): ConfigProblem => ({
    file,
    ...placeAt(range, lines, text),
    key: '',
    message,
    severity: 'error',
  });
  const problems = [...syntaxProblems(document, problem), ...oddities(document, problem)];
  const second = documents[1];
  if (second !== undefined) problems.push(problem([second.range[0], second.range[0] + 1], l10n.t('A configuration is one document; remove what follows `---`.')));
  if (problems.length > 0) return failed(file, problems.slice(0, 20));
  const place = (path: readonly PropertyKey[], wantKey: boolean): Place => placeAt(rangeOf(document, path, wantKey), lines, text);
  return { file, problems, value: document.toJS() as unknown, placeOf: (path) => place(path, false), placeOfKey: (path) => place(path, true) };
}

function failed(file: string, problems: readonly ConfigProblem[]): Source {
  return { file, value: undefined, problems, placeOf: () => START, placeOfKey: () => START };
}

/** Judged before parsing, as the parser goes as deep as its input. */
function tooMuch(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES) return l10n.t('The file is larger than {0} bytes; a configuration is a few lines.', MAX_BYTES);
  if (/(?:[-?:] +){65}/.test(text) || bracketDepth(text) > MAX_DEPTH || indentDepth(text) > MAX_DEPTH) {
    return l10n.t('The file nests deeper than {0} levels.', MAX_DEPTH);
  }
  return undefined;
}

function bracketDepth(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1));
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Of block mappings: how many lines in a row each begin further right than those that hold them. */
function indentDepth(text: string): number {
  const open: number[] = [];
  let deepest = 0;
  for (const [, indent] of text.matchAll(/^( *)[^\s#]/gm)) {
    const column = indent!.length;
    while (open.length > 0 && open.at(-1)! >= column) open.pop();
    open.push(column);
    deepest = Math.max(deepest, open.length);
  }
  return deepest;
}

type Report = (range: readonly [number, number], message: string) => ConfigProblem;

function syntaxProblems(document: Document.Parsed, problem: Report): ConfigProblem[] {
  return document.errors.map((error) =>
    ({ ...problem(error.pos, error.code === 'DUPLICATE_KEY' ? l10n.t('This key stands here a second time; keep one of the two.') : l10n.t('This is not valid YAML: {0}', error.message)), schema: true }),
  );
}

/** What YAML allows and a configuration has no use for: tags, references (they can make a line a gigabyte), odd keys. */
function oddities(document: Document.Parsed, problem: Report): ConfigProblem[] {
  const found: ConfigProblem[] = [];
  const tagged = (node: Node): void => {
    if (node.tag !== undefined && node.range) found.push(problem([node.range[0], node.range[1]], l10n.t('Tags such as {0} are not allowed here.', node.tag)));
  };
  visit(document, {
    Pair: (_, pair) => {
      const { key } = pair as Pair<Node | null>;
      const range = key?.range ?? (isScalar(pair.value) || isMap(pair.value) ? pair.value.range : undefined) ?? [0, 1];
      if (!isScalar(key) || typeof key.value !== 'string') found.push(problem([range[0], range[1]], l10n.t('A key must be a plain word.')));
    },
    Alias: (_, node) => {
      if (!node.range) return;
      const said = problem([node.range[0], node.range[1]], l10n.t('References (*name) are not allowed here; write the value out.'));
      // One that leads nowhere every reader of YAML names; that none is wanted here at all we alone know.
      found.push(node.resolve(document) === undefined ? { ...said, schema: true } : said);
    },
    Collection: (_, node) => tagged(node),
    Scalar: (_, node) => tagged(node),
  });
  return found;
}

function rangeOf(document: Document.Parsed, path: readonly PropertyKey[], wantKey: boolean): readonly [number, number] {
  let node: unknown = document.contents;
  let range: readonly [number, number] = document.contents?.range ? [document.contents.range[0], document.contents.range[1]] : [0, 0];
  if (isMap(node)) range = [range[0], range[0] + 1];
  path.every((part, depth) => {
    const pair = isMap(node) ? (node.items as Pair<Node, Node | null>[]).find(({ key }) => isScalar(key) && key.value === part) : undefined;
    const inner = pair === undefined ? (typeof part === 'number' && typeof node === 'object' && node !== null && 'items' in node ? (node.items as Node[])[part] : undefined) : pair.value;
    const place = pair !== undefined && (wantKey || depth < path.length - 1 || !inner?.range || inner.range[0] === inner.range[1]) ? pair.key.range : inner?.range;
    if (!place) return false;
    range = [place[0], place[1]];
    node = inner;
    return true;
  });
  return range;
}

/** Where each line begins. The parser's own LineCounter misses lines when a file is damaged. */
function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
}

/** Lines and columns from 1. An empty range becomes one character wide, so that an editor has something to mark. */
function placeAt([start, end]: readonly [number, number], lines: readonly number[], text: string): Place {
  const [line, column] = positionOf(Math.min(start, text.length), lines);
  const [endLine, endColumn] = positionOf(Math.min(Math.max(end, start + 1), text.length), lines);
  return { line, column, endLine, endColumn };
}

function positionOf(offset: number, lines: readonly number[]): readonly [line: number, column: number] {
  const line = lines.findLastIndex((start) => start <= offset);
  return [line + 1, offset - lines[line]! + 1];
}
