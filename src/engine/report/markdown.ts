import * as l10n from '@vscode/l10n';
import { VERSION } from '../version';
import { spansOf, type Block, type Inline, type ReportDocument, type Table } from './document';
import { citation, numbered, ownWords } from './numbering';

/** The report as Markdown (CommonMark with GitHub's tables); its figures are files in `figures/`. */
export function markdownText(document: ReportDocument): string {
  const names = numbered(document);
  const write = (words: Inline): string => inline(words, document);
  const parts = [
    `# ${plain(document.title)}`,
    plain(document.subtitle),
    [...(document.author === null ? [] : [document.author]), document.date].map(plain).join(' · '),
    ...document.sections.flatMap(({ title, blocks }, i) => [`## ${i + 1}. ${plain(title)}`, ...blocks.map((block) => blockText(block, names, write))]),
    `## ${document.sections.length + 1}. ${plain(l10n.t('References'))}`,
    document.references.map(({ text, url }, i) => `${i + 1}. ${plain(text)} <${url}>`).join('\n'),
    `<!-- ViT Lab ${VERSION} -->`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function blockText(block: Block, names: ReadonlyMap<Block, string>, write: (words: Inline) => string): string {
  switch (block.kind) {
    case 'text':
      return write(block.text);
    case 'list':
      return block.items.map((item) => `- ${write(item)}`).join('\n');
    case 'heading':
      return `### ${plain(block.text)}`;
    case 'caution':
      return `> ⚠ ${write(block.text)}`;
    case 'own':
      return `> ✎ **${plain(ownWords())}:** ${plain(block.prompt)}`;
    case 'code':
      return `**${plain(block.title)}**\n\n${fenced(block.text, block.language)}`;
    case 'table':
      return `**${plain(names.get(block)!)}.** ${write(block.caption)}\n\n${tableText(block, write)}`;
    case 'figure':
      return `![${plain(block.alt)}](figures/${block.name}.svg)\n\n**${plain(names.get(block)!)}.** ${write(block.caption)}`;
  }
}

function tableText({ head, rows, numbers = [] }: Table, write: (words: Inline) => string): string {
  // A table is cut at its bars before anything in it is read, code too.
  const line = (cells: readonly Inline[]): string => `| ${cells.map((cell) => write(cell).replaceAll(/(?<!\\)\|/g, '\\|')).join(' | ')} |`;
  return [line(head), `| ${head.map((_, i) => (numbers.includes(i) ? '---:' : '---')).join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** A fence that is longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

function inline(words: Inline, document: ReportDocument): string {
  return spansOf(words).map((span) => {
    if (typeof span === 'string') return plain(span);
    if ('code' in span) return codeSpan(span.code);
    if ('strong' in span) return `**${plain(span.strong)}**`;
    const numbers = citation(document, span.cite).map(({ number }) => number);
    return numbers.length === 0 ? '' : ` \\[${numbers.join(', ')}\\]`;
  }).join('');
}

/**
 * What Markdown or HTML would read as a sign of theirs is shown as what it is, and a line stays one. No more is escaped than
 * has to be: the author goes on writing in this text.
 */
export function plain(text: string): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/[\\`*[\]<|$]|~(?=~)|(?<=~)~|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|&(?=#?\w+;)/gu, '\\$&')
    .replace(/^(\s*)([-+#>=])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])(?=\s)/, '$1\\$2');
}

function codeSpan(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  const room = /^`|`$|^ .* $/.test(line) ? ' ' : '';
  return line === '' ? '' : `${ticks}${room}${line}${room}${ticks}`;
}
