import * as l10n from '@vscode/l10n';
import type { GalleryPanelApi, GalleryState } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { button } from '../button';
import { el, fill, show, type Child } from '../dom';

/** What stands in place of the images while there are none, each with the way out of it. */
export function createEmpty(client: Client<GalleryPanelApi>, call: (request: Promise<unknown>) => void): { readonly element: HTMLElement; update(state: GalleryState | null, problem: string): void } {
  const element = el('div', { class: 'empty' });
  let drawn = '';
  const offer = (label: string, ask: () => Promise<unknown>, kind: 'primary' | 'secondary' = 'primary'): HTMLElement => button(label, () => call(ask()), kind);
  const folder = (kind: 'primary' | 'secondary'): HTMLElement => offer(l10n.t('Choose Folder…'), () => client.chooseFolder({}), kind);
  const contents = (kind: string): readonly Child[] => {
    switch (kind) {
      case 'no checkpoint':
        return [
          el('h2', {}, l10n.t('No trained model yet')),
          el('p', {}, l10n.t('The sample comes with a small trained model and pictures to look into; or train one of your own.')),
          el('div', { class: 'buttons' }, offer(l10n.t('Create Sample Workspace'), () => client.runCommand({ command: 'createSample' })), offer(l10n.t('Start Training'), () => client.runCommand({ command: 'startTraining' }), 'secondary')),
        ];
      case 'nothing chosen':
        return [el('h2', {}, l10n.t('No images')), el('p', {}, l10n.t('Choose Show Attention Gallery in the menu of a folder, a run or a checkpoint.'))];
      case 'none fits':
        return [el('h2', {}, l10n.t('No image fits')), el('p', {}, l10n.t('Of these images none is of the chosen class and taken for what was chosen.')), el('div', { class: 'buttons' }, offer(l10n.t('Show All Images'), () => client.choose({ filter: {} })))];
      case 'failed beside another way out':
        return [el('div', { class: 'buttons' }, folder('secondary'))];
      case 'failed':
        return [el('div', { class: 'buttons' }, folder('primary'))];
      case 'failed with a filter':
        return [el('div', { class: 'buttons' }, folder('secondary'), offer(l10n.t('Show All Images'), () => client.choose({ filter: {} }), 'secondary'))];
      default:
        return [];
    }
  };
  const update = (state: GalleryState | null, problem: string): void => {
    const kind = kindOf(state, problem);
    show(element, kind !== '');
    if (kind !== drawn) fill(element, ...contents(kind));
    drawn = kind;
  };
  return { element, update };
}

function kindOf(state: GalleryState | null, problem: string): string {
  if (!state || state.busy) return '';
  if (!state.wish) return state.checkpoints.length === 0 ? 'no checkpoint' : 'nothing chosen';
  if (state.list) return state.list.indices.length === 0 ? 'none fits' : '';
  if (state.missing) return 'failed beside another way out';
  return problem === '' ? '' : Object.keys(state.wish.filter).length > 0 ? 'failed with a filter' : 'failed';
}
