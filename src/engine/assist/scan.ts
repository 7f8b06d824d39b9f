/**
 * Reads a text that is being written: where its keys and values are, whether or not it is YAML at this moment. The parser of
 * `config/document.ts` judges a text; this one only finds places in it, and never fails.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A key with its value. */
export interface Entry {
  /** Its sections and its own name. */
  readonly path: readonly string[];
  readonly key: Span;
  /** What stands behind the colon; undefined for nothing, as a section of lines below has it. */
  readonly value: Span | undefined;
  /** Column of the key, of lines; -1 within braces. */
  readonly indent: number;
}

/** Braces or brackets. */
export interface Flow extends Span {
  readonly kind: 'map' | 'list';
  /** The key whose value it is; of a map in a list, that of the list. */
  readonly path: readonly string[];
  readonly closed: boolean;
}

export interface Scanned {
  readonly entries: readonly Entry[];
  readonly flows: readonly Flow[];
}

const KEY_LINE = /^([ \t]*)(?:- +)*("[^"\n]*"|'[^'\n]*'|[\w$][\w.$-]*)[ \t]*:(?=\s|$)/;
/** A key at the left margin ends whatever brace was left open before it. */
const NEW_SECTION = /^[A-Za-z_$][\w$]*[ \t]*:(?=\s|$)/;

export function scan(text: string): Scanned {
  const entries: Entry[] = [];
  const flows: Flow[] = [];
  const open: { readonly indent: number; readonly path: readonly string[] }[] = [];
  let begin = 0;
  for (const line of text.split('\n')) {
    const start = begin;
    begin += line.length + 1;
    // Still within braces that began on an earlier line.
    if (flows.some((flow) => flow.start < start && start < flow.end)) continue;
    const content = withoutComment(line);
    const match = KEY_LINE.exec(content);
    if (!match) {
      const brace = /^\s*[{[]/.exec(content);
      if (brace && open.length === 0 && entries.length === 0) scanFlow(text, start + brace[0].length - 1, [], entries, flows);
      continue;
    }
    const [whole, space, name] = match as unknown as readonly [string, string, string];
    while (open.length > 0 && open.at(-1)!.indent >= space.length) open.pop();
    const path = [...(open.at(-1)?.path ?? []), unquoted(name)];
    open.push({ indent: space.length, path });
    const keyEnd = start + whole.lastIndexOf(name) + name.length;
    const rest = content.slice(whole.length);
    const valueStart = start + whole.length + (rest.length - rest.trimStart().length);
    const at = entries.push({ path, key: { start: keyEnd - name.length, end: keyEnd }, value: undefined, indent: space.length }) - 1;
    if (rest.trim() === '') continue;
    const end = /^[{[]/.test(rest.trimStart()) ? scanFlow(text, valueStart, path, entries, flows) : valueStart + rest.trim().length;
    entries[at] = { ...entries[at]!, value: { start: valueStart, end } };
  }
  return { entries, flows };
}

interface Frame {
  readonly kind: 'map' | 'list';
  readonly path: readonly string[];
  readonly start: number;
  /** Where the token under way begins. */
  token: number;
  /** Of the entry under way. */
  entry: number | undefined;
}

/** Reads braces to their end, or to where they were left open; returns that place. */
function scanFlow(text: string, from: number, path: readonly string[], entries: Entry[], flows: Flow[]): number {
  const stack: Frame[] = [];
  const close = (end: number, closed: boolean): void => {
    const { kind, path: at, start } = stack.pop()!;
    flows.push({ kind, path: at, start, end, closed });
  };
  let i = from;
  for (; i < text.length; i++) {
    const top = stack.at(-1);
    const char = text[i]!;
    if (char === '"' || char === "'") i = endOfQuote(text, i);
    else if (char === '#' && /\s/.test(text[i - 1] ?? '\n')) i = endOfLine(text, i) - 1;
    else if (char === '\n' && path.length > 0 && NEW_SECTION.test(text.slice(i + 1, i + 80))) break;
    else if (char === '{' || char === '[') {
      const inner = top?.entry === undefined ? (top?.path ?? path) : entries[top.entry]!.path;
      stack.push({ kind: char === '{' ? 'map' : 'list', path: inner, start: i, token: i + 1, entry: undefined });
    } else if (char === ',' || char === '}' || char === ']') {
      if (top) endEntry(text, top, i, entries);
      if (char !== ',') close(i + 1, true);
      if (stack.length === 0) return i + 1;
    } else if (char === ':' && top?.kind === 'map' && top.entry === undefined) beginEntry(text, top, i, entries);
  }
  const end = i;
  while (stack.length > 0) {
    endEntry(text, stack.at(-1)!, end, entries);
    close(end, false);
  }
  return end;
}

function beginEntry(text: string, frame: Frame, colon: number, entries: Entry[]): void {
  const raw = text.slice(frame.token, colon);
  const name = raw.trim();
  if (name === '' || !(/\s/.test(text[colon + 1] ?? ' ') || /^["']/.test(name))) return;
  const start = frame.token + raw.indexOf(name);
  frame.entry = entries.push({ path: [...frame.path, unquoted(name)], key: { start, end: start + name.length }, value: undefined, indent: -1 }) - 1;
  frame.token = colon + 1;
}

function endEntry(text: string, frame: Frame, end: number, entries: Entry[]): void {
  const raw = text.slice(frame.token, end);
  if (frame.entry !== undefined && raw.trim() !== '') {
    const start = frame.token + (raw.length - raw.trimStart().length);
    entries[frame.entry] = { ...entries[frame.entry]!, value: { start, end: start + raw.trim().length } };
  }
  frame.token = end + 1;
  frame.entry = undefined;
}

/** The last character of a quoted text; a quote that is not closed ends with its line. */
function endOfQuote(text: string, at: number): number {
  const end = text.indexOf(text[at]!, at + 1);
  const line = endOfLine(text, at);
  return end < 0 || end > line ? line - 1 : end;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** A line without its comment and what the system ends it with. */
export function withoutComment(line: string): string {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote !== '') quote = char === quote ? '' : quote;
    else if ((char === '"' || char === "'") && /[\s[{,:]/.test(line[i - 1] ?? ' ')) quote = char;
    else if (char === '#' && /\s/.test(line[i - 1] ?? ' ')) return line.slice(0, i);
  }
  return line.replace(/\r$/, '');
}

function unquoted(name: string): string {
  return name.replace(/^(["'])(.*)\1$/, '$2');
}

/** The entry at a path: the last one, where it is written twice. */
export function entryAt({ entries }: Scanned, path: readonly string[]): Entry | undefined {
  return entries.findLast((entry) => entry.path.length === path.length && entry.path.every((part, i) => part === path[i]));
}
