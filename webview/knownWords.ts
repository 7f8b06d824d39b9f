import * as l10n from '@vscode/l10n';
import { tellsEach } from '../src/telling';
import { integer } from './numbers';

/** So many names stand in the line, the last one among them, each of so many letters: the rest is told by the title. */
const NAMED = 3;
const LETTERS = 18;

/** What a network knows, in a line: what its percentages are shares of. */
export function knownWords(classes: readonly string[]): string {
  if (!tellsEach(classes)) return l10n.t('Probability, shared out among the {0} classes that this network knows.', integer(classes.length));
  const short = classes.map((name) => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name));
  const names = short.length > NAMED ? `${short.slice(0, NAMED - 1).join(', ')}, … ${short.at(-1) ?? ''}` : short.join(', ');
  return l10n.t('{0} classes: {1}. A picture of anything else is given one of these, too.', integer(classes.length), names);
}

/** All of them, where they are few. */
export function knownTitle(classes: readonly string[]): string | undefined {
  return tellsEach(classes) ? l10n.t('Probability, shared out among all that this network knows: {0}.', classes.join(', ')) : undefined;
}
