import * as l10n from '@vscode/l10n';
import { glossary, searchTerms, termOfMetric, type Term } from '../../glossary/glossary';
import { withNearest } from '../config/nearest';
import { UserError } from '../userError';
import type { Command } from './command';

/** What a term of the field, a metric or a key of a configuration means. */
export const explainCommand: Command = {
  get summary() {
    return l10n.t('explain a term: what it means, its formula, its source, and where to see it');
  },
  usage: '[TERM]',
  options: {},
  help: {},
  takes: [0, 1],
  run({ output, args: [query] }) {
    const all = glossary();
    if (query === undefined) {
      if (output.json) output.document(all);
      else for (const { id, name } of all) output.print(`${id.padEnd(24)}${name}`);
      return Promise.resolve(0);
    }
    const [best, ...others] = found(query);
    if (best === undefined) throw new UserError(withNearest(l10n.t('The glossary does not know {0}. `vit-lab explain` lists its terms.', query), query, all.flatMap(({ id, name, also }) => [id, name, ...also])));
    if (output.json) output.document(best);
    else for (const line of lines(best, others)) output.print(line);
    return Promise.resolve(0);
  },
};

/** The name of a metric or a key is more exact than a word in a text. */
function found(query: string): readonly Term[] {
  const metric = termOfMetric(query) ?? termOfMetric(query.split('.').at(-1) ?? query);
  return [...(metric ? [metric] : []), ...searchTerms(query).filter(({ id }) => id !== metric?.id)];
}

function lines({ name, definition, formula, source, seen }: Term, others: readonly Term[]): string[] {
  return [
    name,
    '',
    definition,
    ...(formula === undefined ? [] : ['', `  ${formula}`]),
    '',
    ...(source === '' ? [] : [l10n.t('Source: {0}', source)]),
    l10n.t('Where to see it: {0}', seen),
    ...(others.length === 0 ? [] : [l10n.t('See also: {0}', others.slice(0, 8).map(({ id }) => id).join(', '))]),
  ];
}
