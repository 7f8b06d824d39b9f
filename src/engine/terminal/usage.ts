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

/** What is one word too many, and what was most likely forgotten before it. */
export function tooMany(extra: string, name: string, command: Command, values: Readonly<Record<string, unknown>>): UsageError {
  const forgotten = values['set'] !== undefined && /^[\w.]+=/.test(extra) ? ` ${l10n.t('Each value needs a --set of its own: --set {0}', extra)}` : '';
  return new UsageError(`${l10n.t('What is {0}?', extra)}${forgotten}\n${usageLine(name, command)}`);
}
