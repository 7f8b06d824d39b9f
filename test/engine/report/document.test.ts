import { expect, test } from 'vitest';
import { bibtex, referencesOf } from '../../../src/engine/report/bibliography';
import { barsChart } from '../../../src/engine/report/charts/bars';
import { curvesChart } from '../../../src/engine/report/charts/curves';
import { intervalsChart } from '../../../src/engine/report/charts/intervals';
import { matrixChart } from '../../../src/engine/report/charts/matrix';
import { tilesChart } from '../../../src/engine/report/charts/tiles';
import { scaleOf, tickWords } from '../../../src/engine/report/charts/frame';
import { citing, cited, type Block, type ReportDocument, type Section } from '../../../src/engine/report/document';
import { htmlPage } from '../../../src/engine/report/html';
import { groupsOf, labelsOf } from '../../../src/engine/report/groups';
import { keyWords } from '../../../src/engine/report/keyWords';
import { markdownText, plain } from '../../../src/engine/report/markdown';
import type { RunFolder } from '../../../src/engine/report/material';
import { isDecision } from '../../../src/engine/report/sections/model';
import { allKeys, fieldsAt } from '../../../src/engine/config/keys';

const EVIL = '<img src=x onerror=alert(1)> & "q" | `c` **b** _i_ [l](javascript:alert(1)) </script>';

function documentOf(blocks: readonly Block[]): ReportDocument {
  const sections: readonly Section[] = [{ id: 'one', title: EVIL, blocks }];
  return { language: 'en', title: EVIL, author: EVIL, date: '2026-01-01', subtitle: EVIL, sections, references: referencesOf(cited(sections)) };
}

const blocks: readonly Block[] = [
  { kind: 'text', text: [EVIL, { code: EVIL }, { strong: EVIL }, ' ', { cite: ['wilson', 'vit'] }] },
  { kind: 'heading', text: EVIL },
  { kind: 'caution', text: citing('A sentence.', 'vit') },
  { kind: 'own', prompt: EVIL },
  { kind: 'code', title: EVIL, language: 'yaml', text: 'a: 1\n```\n<b>' },
  { kind: 'list', items: [EVIL] },
  { kind: 'table', caption: EVIL, head: [EVIL, 'n'], rows: [[EVIL, '1'], [[{ code: 'a|b' }], '46.5 % (44.3 to 48.6 %)']], numbers: [1] },
  { kind: 'figure', name: 'f', svg: barsChart([{ label: EVIL, count: 3 }]), alt: EVIL, caption: EVIL },
];

test('the page holds what strangers called their things as text, and neither script nor address of its own', () => {
  const html = htmlPage(documentOf(blocks));
  expect(html).not.toMatch(/<(script|img|iframe|link)\b/);
  expect(html.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[a-z][^>]*\son\w+=/);
  // Of addresses there are those of the references and of SVG's namespace.
  expect([...html.matchAll(/(?:src|href)="(?!#)([^"]*)"/g)].map(([, url]) => url)).toEqual(referencesOf(['wilson', 'vit']).map(({ url }) => url));
  expect(html).toContain("default-src 'none'");
  expect(html.match(/<b>Table 1\.<\/b>/g)).toHaveLength(1);
  expect(html).toContain('46.5\u00a0% <span class="interval">(44.3 to 48.6\u00a0%)</span></td>');
  expect(html).toContain('A sentence&nbsp;[<a href="#ref-vit">2</a>].');
});

test('Markdown shows the same as text, a table stays a table, and a fence is longer than what it holds', () => {
  const markdown = markdownText(documentOf(blocks));
  const outsideCode = markdown.replaceAll(/^(`{3,}).*?^\1$/gms, '').replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
  expect(outsideCode).not.toMatch(/(?<!\\)<(?!https:|!-- ViT Lab)[a-z!/]/i);
  expect(markdown).toContain('![\\<img src=x');
  expect(markdown).toContain('](figures/f.svg)');
  const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
  for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(3);
  expect(markdown).toContain('````yaml\na: 1\n```\n<b>\n````');
  expect(markdown).toMatch(/^> ✎ \*\*Your words:\*\*/m);
  expect(markdown).toContain('A sentence \\[2\\].');
});

test.each([
  ['vit_tiny_p16 and a_b', 'vit_tiny_p16 and a_b'],
  ['_x_ *y* `z`', '\\_x\\_ \\*y\\* \\`z\\`'],
  ['# no heading', '\\# no heading'],
  ['- no list\nnor a line', '\\- no list nor a line'],
  ['1. no list', '1\\. no list'],
  ['3.5 % of [a]', '3.5\u00a0% of \\[a\\]'],
  ['&lt; and R&D', '\\&lt; and R&D'],
])('%j is written as %j', (words, written) => {
  expect(plain(words)).toBe(written);
});

test('BibTeX has an entry with its own key for everything that is cited, and no accent of LaTeX is left for people', () => {
  const keys = ['deit3', 'adamw', 'trivialaugment'] as const;
  const bib = bibtex(keys);
  expect([...bib.matchAll(/^@\w+\{(\w+),$/gm)].map(([, key]) => key)).toEqual([...keys]);
  expect((bib.match(/\{/g) ?? []).length).toBe((bib.match(/\}/g) ?? []).length);
  expect(bib).toContain("J{\\'e}gou, Herv{\\'e}");
  const texts = referencesOf(keys).map(({ text }) => text);
  expect(texts[0]).toContain('Hervé Jégou. DeiT III');
  expect(texts[2]).toContain('Samuel G. Müller, Frank Hutter.');
  expect(texts.join()).not.toMatch(/[{}\\]|\.\./);
});

test('every key of a configuration that decides something is explained', () => {
  const leaves = allKeys().filter((key) => fieldsAt(key.split('.')) === undefined && key !== '$schema' && isDecision(key));
  expect(leaves.length).toBeGreaterThan(90);
  expect(leaves.filter((key) => keyWords(key) === '')).toEqual([]);
});

test('charts draw numbers only: what was none is left out, and neither a single value nor none breaks them', () => {
  const charts = [
    curvesChart([{ title: 'a', curves: [{ series: 0, x: [1, 2, 3], y: [1, NaN, 3] }, { series: 1, x: [1], y: [2], spread: [0] }] }, { title: 'b', curves: [] }], ['a', EVIL], 'epoch'),
    curvesChart([{ title: 'same', curves: [{ series: 0, x: [0, 1], y: [0, 0] }], shares: true }], ['a'], 'epoch'),
    intervalsChart([{ label: EVIL, value: 1, interval: [1, 1], words: '100 %' }, { label: 'b', value: 1, interval: null, words: '100 %' }], String, { at: 1, label: EVIL }),
    matrixChart([EVIL, 'b'], [[0, 0], [0, 0]]),
    tilesChart([{ label: EVIL, tiles: [{ url: 'data:,', lines: [EVIL] }] }, { tiles: [] }], { side: 60, aspect: 2, pixelated: true }),
    barsChart([{ label: 'none', count: 0 }]),
  ];
  for (const chart of charts) {
    expect(chart).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(chart).not.toContain('<img src');
    expect(chart.match(/<svg /g)).toHaveLength(1);
    // What stands in a page among others has nothing that would reach beyond it.
    expect(chart).not.toMatch(/<style|\sid=|\sclass=/);
  }
  // The gap is no point: two points of three.
  expect(charts[0]!.match(/polyline points="([^"]*)"/)![1]!.split(' ')).toHaveLength(2);
});

test('ticks are round numbers around the values, and have the digits that tell them apart', () => {
  const { ticks, step, at } = scaleOf(0.21, 0.47, 0, 100);
  expect(ticks.map((tick) => tickWords(tick, step))).toEqual(['0.2', '0.3', '0.4', '0.5']);
  expect(at(0.2)).toBe(0);
  expect(at(0.5)).toBeCloseTo(100);
  expect(scaleOf(1, 3, 0, 1, 6, 1).ticks).toEqual([1, 2, 3]);
  // What is longer has no room beside a plot.
  expect(tickWords(0.00002, 0.00001)).toBe('2e-5');
  expect(tickWords(0.00015, 0.00005)).toBe('1.5e-4');
  expect(tickWords(0.0003, 0.0001)).toBe('0.0003');
});

test('runs of one sweep are called by what they differ in, and by their seed once', () => {
  const run = (name: string, seed: number, sweep?: string): RunFolder => ({ folder: `/runs/${name}`, summary: { name }, record: { seed, ...(sweep !== undefined && { sweep }) } }) as unknown as RunFolder;
  const named = (runs: readonly RunFolder[]): readonly string[] => labelsOf(runs, [{ name: groupsOf([runs[0]!])[0]!.name, letter: 'A', runs: [0] }, { name: 'b', letter: 'B', runs: runs.slice(1).map((_, i) => i + 1) }]);
  expect(groupsOf([run('hunger vit, per_class 50, seed 3', 3, 'hunger')])[0]!.name).toBe('vit, per_class 50');
  const seeds = [run('hunger vit, seed 0', 0, 'hunger'), run('hunger cct, seed 0', 0, 'hunger'), run('hunger cct, seed 1', 1, 'hunger')];
  expect(named(seeds)).toEqual(['vit', 'b, seed 0', 'b, seed 1']);
  // Beside a run of its own making the name of the sweep is part of what tells them apart.
  const mixed = [run('hunger vit, seed 0', 0, 'hunger'), run('mine, seed 0', 0)];
  expect(groupsOf(mixed).map(({ name }) => name)).toEqual(['hunger vit', 'mine, seed 0']);
  expect(groupsOf([run('hunger', 0, 'hunger')])[0]!.name).toBe('hunger');
});
