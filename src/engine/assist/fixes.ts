import * as l10n from '@vscode/l10n';
import type { ConfigFix, ConfigProblem } from '../../protocol';
import { fieldsAt } from '../config/keys';
import { entryAt, scan, type Scanned } from './scan';

/** The problems with changes of the text that put them right. */
export function withFixes(problems: readonly ConfigProblem[], text: string): readonly ConfigProblem[] {
  if (problems.every(({ remedies }) => remedies === undefined)) return problems;
  const scanned = scan(text);
  return problems.map((problem) => {
    const fixes = (problem.remedies ?? []).flatMap(({ key, value }) => fixOf(text, scanned, key.split('.'), value) ?? []);
    return fixes.length > 0 ? { ...problem, fixes } : problem;
  });
}

/** Sets a key: in its place, else as the first of its section, else with a new section at the end. */
function fixOf(text: string, scanned: Scanned, path: readonly string[], value: string, title = l10n.t('Set {0} to {1}', path.join('.'), value)): ConfigFix | undefined {
  const quoted = /^[\w./-]*$/.test(value) || /^[[{]/.test(value) ? value : JSON.stringify(value);
  const own = entryAt(scanned, path);
  if (own?.value) return { title, ...range(text, own.value.start, own.value.end), text: quoted };
  if (own) return fieldsAt(path) === undefined ? { title, ...range(text, own.key.end, own.key.end + 1), text: `: ${quoted}` } : undefined;
  const isJson = text.trimStart().startsWith('{');
  const name = isJson ? `"${path.at(-1)!}"` : path.at(-1)!;
  const section = entryAt(scanned, path.slice(0, -1));
  const flow = scanned.flows.find(({ kind, start }) => kind === 'map' && start === section?.value?.start);
  if (flow) {
    const rest = text.slice(flow.start + 1, flow.end - 1).trim() === '' ? '' : ', ';
    return { title, ...range(text, flow.start + 1, flow.start + 1), text: `${name}: ${quoted}${rest}` };
  }
  if (isJson) return undefined;
  if (section) {
    const child = scanned.entries.find((entry) => entry.path.length === path.length && path.slice(0, -1).every((part, i) => part === entry.path[i]));
    const indent = ' '.repeat(child?.indent ?? section.indent + 2);
    const end = lineEnd(text, section.key.end);
    return { title, ...range(text, end, end), text: `\n${indent}${name}: ${quoted}` };
  }
  // Its section is missing, too: within braces it fits on a line.
  if (path.length > 2) return fixOf(text, scanned, path.slice(0, -1), `{${name}: ${quoted}}`, title);
  const at = text.length;
  return { title, ...range(text, at, at), text: `${text === '' || text.endsWith('\n') ? '' : '\n'}${path[0]!}:\n  ${name}: ${quoted}\n` };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end - Number(text[end - 1] === '\r');
}

function range(text: string, start: number, end: number): Pick<ConfigFix, 'line' | 'column' | 'endLine' | 'endColumn'> {
  const [from, to] = [placeOf(text, start), placeOf(text, end)];
  return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

/** Line and column of an offset, from 1. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
