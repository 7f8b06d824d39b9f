import { blockTerms } from './blocks';
import { explainingTerms } from './explaining';
import { metricTerms } from './metrics';
import type { Term } from './term';
import { tokenTerms } from './tokens';
import { trainingTerms } from './training';

export type { Term } from './term';

/** Every term, in the user's language, by subject: tokens, blocks, explanations, metrics, training. */
export function glossary(): readonly Term[] {
  return [...tokenTerms(), ...blockTerms(), ...explainingTerms(), ...metricTerms(), ...trainingTerms()];
}

/** The term of an id. */
export function termById(id: string): Term | undefined {
  return glossary().find((one) => one.id === id);
}

/**
 * The term that a metric's name means: `val/top1` is accuracy, `heads/entropy/3.1` the entropy of attention, `system/…` what
 * is told of the machine. Names of classes, layers and heads behind it do not count.
 */
export function termOfMetric(name: string): Term | undefined {
  const all = glossary();
  const parts = name.split('/');
  // What stands behind the name of a split is a metric, or nothing that is known.
  const first = parts.length > 1 && /^(train|val|test)$/.test(parts[0]!) ? [] : [parts[0]!];
  const candidates = [name, parts.slice(0, 2).join('/'), ...parts.slice(1, 2), parts.at(-1)!, ...first];
  for (const candidate of candidates) {
    const found = all.find((one) => one.also.includes(candidate));
    if (found) return found;
  }
  return undefined;
}

/** Terms that a word may mean, the best first: by id, by name, by what else it is called, then by a part of these, then of the definition. */
export function searchTerms(query: string): readonly Term[] {
  const wanted = plain(query);
  const ranked = glossary().map((one) => ({ one, rank: wanted === '' ? 3 : rankOf(one, wanted) }));
  return ranked.filter(({ rank }) => rank < 4).sort((a, b) => a.rank - b.rank).map(({ one }) => one);
}

function rankOf({ id, name, also, definition }: Term, wanted: string): number {
  const names = [id, name, ...also].map(plain);
  if (names.includes(wanted)) return 0;
  if (names.some((each) => each.startsWith(wanted))) return 1;
  if (names.some((each) => each.includes(wanted))) return 2;
  return plain(definition).includes(wanted) ? 3 : 4;
}

/** Without case, accents and signs between words, so that "warm up", "warmup_epochs" and "Warm-up" meet. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[\s_-]+/g, ' ').trim();
}
