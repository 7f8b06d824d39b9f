import * as l10n from '@vscode/l10n';
import type { InspectorApi } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { el, setAttribute, setText, show } from '../dom';
import { tellsEach } from '../../src/telling';
import { knownTitle, knownWords } from '../knownWords';
import type { Part } from './hero';
import { isBroken, type Model, type Session } from './session';

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
    setText(text, knownWords(view.classes));
    setAttribute(text, 'title', knownTitle(view.classes));
    show(ways, tellsEach(view.classes) && !model.state?.standalone);
  };
  return { element, update };
}
