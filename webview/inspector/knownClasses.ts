import * as l10n from '@vscode/l10n';
import type { ImageView, InspectorApi } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { el, setAttribute, setText, show } from '../dom';
import { integer } from '../numbers';
import type { Part } from './hero';
import { isBroken, type Model, type Session } from './session';

/** More classes than these are not told one by one, and somebody's picture may well be of one of them. */
const FEW = 20;
/** So many names stand in the line, the last one among them, each of so many letters: the rest is told by the title. */
const NAMED = 3;
const LETTERS = 18;

/** What the percentages below are shares of: a network that knows few classes gives each picture one of them, whatever it shows. */
export function createKnownClasses(client: Client<InspectorApi>, session: Session, choose: () => void): Part {
  const text = el('span');
  const link = (label: string, act: () => void): HTMLElement => el('button', { type: 'button', class: 'link', onclick: act }, label);
  // A space that is wide: where the line breaks it is gone, and what follows begins at the margin.
  const space = (): HTMLElement => el('span', { class: 'known-space' }, ' ');
  const ways = el('span', { class: 'known-ways' }, space(), link(l10n.t('Choose Another Network'), choose), space(), link(l10n.t('Import a Network…'), () => void client.runCommand({ command: 'importWeights' }).catch(session.fail)));
  const element = el('p', { class: 'caption known-classes' }, text, ways);
  const update = (model: Model): void => {
    const view = model.state?.view ?? null;
    // Where two are compared, the table has both, and says where they know other classes.
    const there = view !== null && view.classes.length > 0 && model.state?.against == null;
    show(element, there);
    // Its place stays, so that nothing moves while another image cannot be shown.
    element.classList.toggle('invisible', isBroken(model));
    if (!there) return;
    setText(text, knownWords(view));
    setAttribute(text, 'title', view.classes.length <= FEW ? l10n.t('Probability, shared out among all that this network knows: {0}.', view.classes.join(', ')) : undefined);
    show(ways, view.classes.length <= FEW && !model.state?.standalone);
  };
  return { element, update };
}

export function knownWords({ classes }: Pick<ImageView, 'classes'>): string {
  if (classes.length > FEW) return l10n.t('Probability, shared out among the {0} classes that this network knows.', integer(classes.length));
  const short = classes.map((name) => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name));
  const names = short.length > NAMED ? `${short.slice(0, NAMED - 1).join(', ')}, … ${short.at(-1) ?? ''}` : short.join(', ');
  return l10n.t('{0} classes: {1}. A picture of anything else is given one of these, too.', integer(classes.length), names);
}
