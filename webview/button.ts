import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { VscodeButton } from '@vscode-elements/elements/dist/vscode-button/index.js';
import { el, setAttribute } from './dom';

/** A push button as VS Code draws it. Links and headings inside tables stay native: there are thousands of them. */
export function button(label: string, onClick: () => void, kind: 'primary' | 'secondary' = 'secondary'): VscodeButton {
  return el(
    'vscode-button',
    {
      secondary: kind === 'secondary', onclick: onClick,
      // The component presses on Space, but leaves the page to scroll and the panel's own keys to answer it as well.
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === ' ') event.preventDefault();
      },
    },
    label,
  );
}

/** Also tells it to a screen reader, which the component does not. */
export function enable(element: VscodeButton, enabled: boolean): void {
  element.disabled = !enabled;
  setAttribute(element, 'aria-disabled', enabled ? undefined : 'true');
}
