import * as l10n from '@vscode/l10n';
import { escaped } from '../svg';
import { VERSION } from '../version';
import { spansOf, type Block, type Inline, type ReportDocument, type Section, type Table } from './document';
import { citation, numbered, ownWords } from './numbering';
import { STYLE } from './style';

/** The report as one page that needs nothing else: no network, no script. */
export function htmlPage(document: ReportDocument): string {
  const names = numbered(document);
  const write = (words: Inline): string => inline(words, document);
  const sections = document.sections.map((section, i) => sectionHtml(section, i + 1, (block) => blockHtml(block, names, write)));
  const references = document.references.map(({ key, text, url }) => `<li id="ref-${escaped(key)}">${escaped(text)} <a href="${escaped(url)}">${escaped(url.replace(/^https:\/\//, ''))}</a></li>`);
  return `<!DOCTYPE html>
<html lang="${escaped(document.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="generator" content="ViT Lab ${escaped(VERSION)}">
<meta name="color-scheme" content="light dark">
<title>${escaped(document.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escaped(document.title)}</h1>
<p class="subtitle">${escaped(document.subtitle)}</p>
<p class="byline">${[...(document.author === null ? [] : [document.author]), document.date].map(escaped).join(' · ')}</p>
<p class="hint">${escaped(l10n.t('Dashed boxes are for the author: click into one and write, then save the page (Ctrl+S) or print it as PDF (Ctrl+P). What is left empty is not printed.'))}</p>
</header>
<nav aria-label="${escaped(l10n.t('Contents'))}"><ol>${document.sections.map(({ id, title }) => `<li><a href="#${id}">${escaped(title)}</a></li>`).join('')}<li><a href="#references">${escaped(l10n.t('References'))}</a></li></ol></nav>
${sections.join('\n')}
<section id="references">
<h2><span class="number">${document.sections.length + 1}</span> ${escaped(l10n.t('References'))}</h2>
<ol class="references">
${references.join('\n')}
</ol>
</section>
</main>
</body>
</html>
`;
}

function sectionHtml({ id, title, blocks, newPage }: Section, number: number, write: (block: Block) => string): string {
  // A part for the author alone says on paper that nothing is there yet, in place of a heading above nothing.
  const empty = blocks.every(({ kind }) => kind === 'own') ? ` data-empty="${escaped(l10n.t('Nothing has been written here yet.'))}"` : '';
  return `<section id="${id}"${newPage ? ' class="new-page"' : ''}${empty}>\n<h2><span class="number">${number}</span> ${escaped(title)}</h2>\n${blocks.map(write).join('\n')}\n</section>`;
}

function blockHtml(block: Block, names: ReadonlyMap<Block, string>, write: (words: Inline) => string): string {
  switch (block.kind) {
    case 'text':
      return `<p>${write(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${write(item)}</li>`).join('')}</ul>`;
    case 'heading':
      return `<h3>${escaped(block.text)}</h3>`;
    case 'caution':
      return `<p class="caution">${write(block.text)}</p>`;
    case 'own':
      // Empty until somebody writes; what to write is drawn by the style, and so is no part of the text.
      return `<div class="own" contenteditable="true" role="textbox" aria-multiline="true" aria-label="${escaped(`${ownWords()}: ${block.prompt}`)}" data-prompt="${escaped(`✎ ${ownWords()}: ${block.prompt}`)}"></div>`;
    case 'code':
      return `<figure class="code"><figcaption>${escaped(block.title)}</figcaption><pre><code>${codeText(block.text)}</code></pre></figure>`;
    case 'table':
      return tableHtml(block, names.get(block)!, write);
    case 'figure':
      return `<figure>${labelled(block.svg, block.alt)}<figcaption><b>${escaped(names.get(block)!)}.</b> ${write(block.caption)}</figcaption></figure>`;
  }
}

function tableHtml({ caption, head, rows, numbers = [] }: Table, name: string, write: (words: Inline) => string): string {
  const right = (column: number): string => (numbers.includes(column) ? ' class="n"' : '');
  const body = rows.map((row) => `<tr>${row.map((cell, i) => (i === 0 ? `<th scope="row"${right(i)}>${write(cell)}</th>` : `<td${right(i)}>${withInterval(write(cell))}</td>`)).join('')}</tr>`);
  // A table that is longer than that goes over to the next page; a shorter one stays whole.
  const long = rows.length > 10 ? ' long' : '';
  return `<figure class="table${long}"><figcaption><b>${escaped(name)}.</b> ${write(caption)}</figcaption><div class="scroll"><table><thead><tr>${head.map((cell, i) => `<th scope="col"${right(i)}>${write(cell)}</th>`).join('')}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div></figure>`;
}

/** The interval behind a number may go into the next line, as a whole: names of runs need the room. */
function withInterval(cell: string): string {
  return cell.replace(/ (\([^()<>]+\))$/, ' <span class="interval">$1</span>');
}

/** The picture with a name for screen readers. */
function labelled(svg: string, alt: string): string {
  return svg.replace('<svg ', `<svg role="img" aria-label="${escaped(alt)}" `);
}

/** A name without a space would push the page apart: it may go on in the next line. */
function breakable(text: string): string {
  return text.split(/(\S{24,})/).map((part, i) => (i % 2 === 0 ? escaped(part) : (part.match(/.{1,12}/gsu) ?? []).map(escaped).join('<wbr>'))).join('');
}

/** Lines stay lines. */
function codeText(text: string): string {
  return text.split('\n').map(escaped).join('\n');
}

function inline(words: Inline, document: ReportDocument): string {
  return spansOf(words).map((span) => {
    // A number and its per cent sign stay in one line.
    if (typeof span === 'string') return breakable(span).replaceAll(/(\d) (?=[%×±])/g, '$1\u00a0');
    // A dotted key may go on in the next line behind a dot, and nowhere else.
    if ('code' in span) return `<code>${span.code.split('.').map(escaped).join('.<wbr>')}</code>`;
    if ('strong' in span) return `<strong>${escaped(span.strong)}</strong>`;
    const links = citation(document, span.cite).map(({ key, number }) => `<a href="#ref-${escaped(key)}">${number}</a>`);
    return links.length === 0 ? '' : `&nbsp;[${links.join(', ')}]`;
  }).join('');
}
