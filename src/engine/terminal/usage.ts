import * as l10n from '@vscode/l10n';
import { UsageError, type Command, type Terminal } from './command';

export function usageLine(name: string, { usage }: Pick<Command, 'usage'>): string {
  return l10n.t('Usage: vit-lab {0} {1}', name, usage);
}

/** All that a command line lacks, in the words of the usage: not one after the other. */
export function missing(name: string, command: Pick<Command, 'usage'>, given: number, values: Terminal['values']): UsageError {
  const { operands, options } = neededBy(command);
  const lacking = [...operands.slice(given), ...options.filter((option) => values[option.slice(2).split(' ')[0]!] === undefined)];
  const sentence = lacking.length === 1 ? l10n.t('{0} is missing.', lacking[0]!) : l10n.t('Missing: {0}', lacking.join(', '));
  return new UsageError(`${sentence}\n${usageLine(name, command)}`);
}

/** What is needed: `CHECKPOINT`, `IMAGE`, and options with what they take. Of what stands in brackets nothing is. */
function neededBy({ usage }: Pick<Command, 'usage'>): { readonly operands: string[]; readonly options: string[] } {
  const words = usage.replace(/\[[^\]]*\]…?/g, ' ').trim().split(/\s+/);
  const belongs = (i: number): boolean => words[i - 1]?.startsWith('--') === true;
  return {
    operands: words.filter((word, i) => /^[A-Z]/.test(word) && !belongs(i)),
    options: words.flatMap((word, i) => (word.startsWith('--') ? [`${word} ${words[i + 1] ?? ''}`] : [])),
  };
}
