import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import * as l10n from '@vscode/l10n';
import { withNearest } from '../config/nearest';
import { UsageError, type Terminal } from './command';

/** The options and the other arguments of a command line; a wrong one is told in our words, since Node has only English. */
export function parseArguments(args: readonly string[], options: ParseArgsOptionsConfig): { values: Terminal['values']; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? describe(error, options) : String(error));
  }
}

function describe(error: Error, options: ParseArgsOptionsConfig): string {
  const code = 'code' in error ? error.code : undefined;
  const option = /'(?:-\w, )?(--?[^\s'=]+)/.exec(error.message)?.[1];
  if (option === undefined) return error.message;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return withNearest(l10n.t('There is no option {0}.', option), option, Object.keys(options).map((name) => `--${name}`));
  if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return error.message;
  const takesValue = options[option.replace(/^--/, '')]?.type === 'string';
  return takesValue ? l10n.t('{0} needs a value; one that begins with a dash is written {0}=-3.', option) : l10n.t('{0} takes no value.', option);
}
