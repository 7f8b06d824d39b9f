import * as l10n from '@vscode/l10n';
import { button } from './button';
import { el, setText, show } from './dom';

/** What went wrong, at the head of a panel, and the way out where it is that images lie elsewhere. */
export function createProblem(onLocate: () => void): { readonly elements: readonly HTMLElement[]; update(text: string, missing: boolean): void } {
  const error = el('p', { class: 'error', role: 'alert' });
  const locate = button(l10n.t('Locate the Images…'), onLocate, 'primary');
  locate.classList.add('way-out');
  return {
    elements: [error, locate],
    update(text, missing) {
      setText(error, text);
      show(error, text !== '');
      show(locate, text !== '' && missing);
    },
  };
}
