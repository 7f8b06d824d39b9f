import { scan, withoutComment, type Scanned, type Span } from './scan';

/** What somebody is about to write. */
export interface Cursor {
  /** The section, as keys from the top. */
  readonly section: readonly string[];
  /** Keys of the section that stand there already. */
  readonly present: ReadonlySet<string>;
  /** Where a value is written: its key; where a key is: undefined. */
  readonly key: string | undefined;
  /** Within a list. */
  readonly list: boolean;
  /** What is replaced. */
  readonly token: Span;
  /** What of the token stands before the cursor. */
  readonly typed: string;
  /** Within braces: no line ends there. */
  readonly flow: boolean;
  /** Behind the key stands a colon. */
  readonly colon: boolean;
  /** Between colon and cursor is no space yet. */
  readonly tight: boolean;
}

/** Undefined where nothing can be completed: in a comment, or below a value. */
export function cursorAt(text: string, offset: number): Cursor | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  if (withoutComment(before).length < before.replace(/\r$/, '').length) return undefined;
  const scanned = scan(text);
  return inFlow(text, offset, scanned) ?? inLines(text, offset, lineStart, scanned);
}

/** The offset of a line and column, which count from 1. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    const next = text.indexOf('\n', start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  return Math.min(start + column - 1, text.length);
}

function inFlow(text: string, offset: number, scanned: Scanned): Cursor | undefined {
  const around = scanned.flows.filter(({ start, end, closed }) => start < offset && (closed ? offset < end : offset <= end));
  const flow = around.sort((a, b) => b.start - a.start)[0];
  if (!flow) return undefined;
  const start = lastComma(text, flow.start + 1, offset);
  const segment = text.slice(start, offset);
  const pair = flow.kind === 'map' ? /^(\s*["']?)([\w.$-]+)(["']?\s*:)(\s*)([^]*)$/.exec(segment) : null;
  if (pair) {
    const [, , name, , space, typed] = pair as unknown as readonly string[];
    return valueCursor(text, offset, { section: flow.path, key: name!, typed: typed!, list: false, flow: true, tight: space === '', scanned });
  }
  const typed = segment.trimStart();
  if (flow.kind === 'map') return keyCursor(text, offset, { section: flow.path, typed, flow: true, scanned });
  return valueCursor(text, offset, { section: flow.path.slice(0, -1), key: flow.path.at(-1) ?? '', typed, list: true, flow: true, tight: false, scanned });
}

/** Where the part between commas begins that reaches to a place. */
function lastComma(text: string, from: number, to: number): number {
  let [depth, start, quote] = [0, from, ''];
  for (let i = from; i < to; i++) {
    const char = text[i]!;
    if (quote !== '') quote = char === quote || char === '\n' ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (char === ',' && depth === 0) start = i + 1;
  }
  return start;
}

function inLines(text: string, offset: number, lineStart: number, scanned: Scanned): Cursor | undefined {
  const before = text.slice(lineStart, offset);
  const item = /^([ \t]*)- +(.*)$/.exec(before);
  if (item && !/^[\w.$-]+\s*:/.test(item[2]!)) {
    // Items may stand below their key or at its column.
    const owner = holder(scanned, lineStart, item[1]!.length + 1);
    return owner && owner.length > 0 ? valueCursor(text, offset, { section: owner.slice(0, -1), key: owner.at(-1)!, typed: item[2]!, list: true, flow: false, tight: false, scanned }) : undefined;
  }
  const key = /^([ \t]*)(["']?[\w.$-]*)$/.exec(before);
  if (key) {
    const section = holder(scanned, lineStart, key[1]!.length);
    return section && keyCursor(text, offset, { section, typed: key[2]!, flow: false, scanned });
  }
  const value = /^([ \t]*)["']?([\w.$-]+)["']?[ \t]*:([ \t]*)(.*)$/.exec(before);
  if (!value) return undefined;
  const section = holder(scanned, lineStart, value[1]!.length);
  return section && valueCursor(text, offset, { section, key: value[2]!, typed: value[4]!, list: false, flow: false, tight: value[3] === '', scanned });
}

/** The section that a line of this indent belongs to: the nearest key further left; undefined when that has a value. */
function holder({ entries }: Scanned, lineStart: number, indent: number): readonly string[] | undefined {
  if (indent === 0) return [];
  const above = entries.findLast((entry) => entry.indent >= 0 && entry.indent < indent && entry.key.start < lineStart);
  if (!above) return undefined;
  return above.value === undefined ? above.path : undefined;
}

interface Place {
  readonly section: readonly string[];
  readonly typed: string;
  readonly flow: boolean;
  readonly scanned: Scanned;
}

function keyCursor(text: string, offset: number, { section, typed, flow, scanned }: Place): Cursor {
  const after = /^[\w.$-]*["']?/.exec(text.slice(offset))![0];
  const token = { start: offset - typed.length, end: offset + after.length };
  const colon = /^[ \t]*:/.test(text.slice(token.end));
  return { section, present: presentIn(scanned, section, offset), key: undefined, list: false, token, typed: typed.replace(/^["']/, ''), flow, colon, tight: false };
}

function valueCursor(text: string, offset: number, { section, key, typed, flow, scanned, list, tight }: Place & { readonly key: string; readonly list: boolean; readonly tight: boolean }): Cursor {
  const after = /^[^\s,\]}#]*/.exec(text.slice(offset))![0];
  return { section, present: presentIn(scanned, section, offset), key, list, token: { start: offset - typed.length, end: offset + after.length }, typed, flow, colon: true, tight };
}

function presentIn({ entries }: Scanned, section: readonly string[], offset: number): ReadonlySet<string> {
  const siblings = entries.filter(({ path, key }) => path.length === section.length + 1 && section.every((part, i) => part === path[i]) && !(key.start <= offset && offset <= key.end));
  return new Set(siblings.map(({ path }) => path.at(-1)!));
}
