/** The glossary: whole in both languages, and known to all that leads to it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { afterEach, expect, test } from 'vitest';
import { glossary, searchTerms, termById, termOfMetric } from '../src/glossary/glossary';
import { explanation } from '../webview/inspector/tabWords';
import { traitsOf } from '../webview/inspector/traits';
import { featureExplanation } from '../webview/inspector/features/words';
import { featureViews } from '../webview/inspector/features/place';
import { tabs } from '../webview/inspector/place';
import { termOfColumn } from '../webview/sweep/table';
import { sweepResults } from './webview/syntheticSweep';

const root = path.resolve(import.meta.dirname, '..');
const spanish = JSON.parse(readFileSync(path.join(root, 'l10n/bundle.l10n.es.json'), 'utf8')) as Record<string, string>;

afterEach(() => l10n.config({ contents: {} }));

test('every term has its own id and names, a definition of one to four sentences and a place, in both languages', () => {
  const english = glossary();
  expect(english.length).toBeGreaterThan(70);
  expect(new Set(english.map(({ id }) => id)).size).toBe(english.length);
  l10n.config({ contents: spanish });
  const translated = glossary();
  for (const [i, term] of english.entries()) {
    const other = translated[i]!;
    for (const { definition, name, seen } of [term, other]) {
      expect(name, term.id).not.toBe('');
      expect(seen, term.id).not.toBe('');
      expect(definition.match(/[.?](\s|$)/g)?.length, `${term.id}: ${definition}`).toBeLessThanOrEqual(4);
      expect(definition.length, term.id).toBeGreaterThan(25);
    }
    expect(other.definition, term.id).not.toBe(term.definition);
    // Titles stay as they are; where in a paper it stands, is in the reader's language.
    const place = /\b(appendix|Table|figure|apéndice|Tabla|figura)\b/g;
    expect([other.id, other.formula, other.source.replace(place, '')], term.id).toEqual([term.id, term.formula, term.source.replace(place, '')]);
    expect(other.source, term.id).not.toMatch(/\b(appendix|Table|figure) [A-Z\d]/);
  }
});

test('no name of a metric, column or key means two terms', () => {
  const names = glossary().flatMap(({ also }) => [...new Set(also)]);
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
});

test('every term that a panel leads to is in the glossary', () => {
  const folded = [...tabs.filter((tab) => tab !== 'features').map((tab) => explanation(tab, traitsOf(null)).terms), ...featureViews.map((view) => featureExplanation(view, traitsOf(null)).terms)].flat();
  const files = readdirSync(path.join(root, 'webview'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const sources = files.map((name) => readFileSync(path.join(root, 'webview', name), 'utf8'));
  const linked = sources.flatMap((text) => [...text.matchAll(/(?:term(?:Link|Mark)\(|\bterm: )'([\w-]+)'/g)].map((match) => match[1]!));
  const lines = sources.flatMap((text) => [...text.matchAll(/termLine\(\[([^\]]+)\]/g)].flatMap((match) => [...match[1]!.matchAll(/'([\w-]+)'/g)].map((one) => one[1]!)));
  expect([folded.length, linked.length, lines.length].every((count) => count > 5)).toBe(true);
  expect([...folded, ...linked, ...lines].filter((id) => termById(id) === undefined)).toEqual([]);
});

/** All that runs write down as metrics: of the two that come along, and what their recipes leave out. */
function metricNames(): readonly string[] {
  const runs = ['cifar10', 'shapes-sample'].map((name) => readFileSync(path.join(root, 'media/sample/run', name, 'metrics.jsonl'), 'utf8'));
  const found = runs.flatMap((text) => text.trim().split('\n').flatMap((line) => Object.keys((JSON.parse(line) as { values: object }).values)));
  const sent = readFileSync(path.join(root, 'src/engine/watch/system.ts'), 'utf8').match(/system\/\w+/g) ?? [];
  return [...new Set([...found, ...sent, 'time/data_share', 'heads/entropy/1.1', 'heads/distance/2.3', 'layers/weight_norm/head', 'layers/update_norm/blocks.0', 'classes/loss/cat', 'classes/predicted/top1', 'val/top5', 'val/balanced_accuracy', 'val/ece'])];
}

test('every metric that a table shows has an entry; a class that is called like a metric does not mislead', () => {
  const names = metricNames();
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => termOfMetric(name) === undefined)).toEqual([]);
  // A metric that is not known is no split, with a class behind it or without.
  expect([termOfMetric('val/ecce'), termOfMetric('val/recall/cat')?.id]).toEqual([undefined, termOfMetric('val/recall')?.id]);
  const ids = ['val/top1', 'test/f1', 'train/loss', 'train/batch_loss', 'lr', 'train/grad_norm', 'heads/entropy/3.1', 'classes/predicted/top1', 'system/cpu_utilization_percentage'].map((name) => termOfMetric(name)?.id);
  expect(ids).toEqual(['accuracy', 'f1', 'loss', 'loss', 'learning-rate', 'gradient-norm', 'attention-entropy', 'predicted', 'system-metrics']);
});

test('every column of a sweep but the time is explained', () => {
  const results = sweepResults(4);
  const columns = ['val', 'test', 'finished', 'epochs', 'tokens', 'omegaMsa', 'params', 'macs', ...results.axes.map((_, i) => `axis:${String(i)}`)] as Parameters<typeof termOfColumn>[0][];
  expect(columns.map((column) => [column, termOfColumn(column, results)]).filter(([, id]) => id === undefined)).toEqual([]);
});

test('a search finds by name, key, accent or a word of the definition, the nearest first', () => {
  expect(searchTerms('F1')[0]?.id).toBe('f1');
  expect(searchTerms('warmup_epochs')[0]?.id).toBe('warm-up');
  expect(searchTerms('warm up')[0]?.id).toBe('warm-up');
  expect(searchTerms('reliability')[0]?.id).toBe('calibration');
  expect(searchTerms('nothing of this')).toEqual([]);
  expect(searchTerms('').length).toBe(glossary().length);
  l10n.config({ contents: spanish });
  expect(searchTerms('atencion')[0]?.id).toBe('attention');
  expect(searchTerms('época')[0]?.id).toBe('epoch');
});
