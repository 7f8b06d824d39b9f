import * as l10n from '@vscode/l10n';
import type { InspectorApi, InspectorState } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import { button } from '../button';
import { el, fill, setAttribute, setText, show, type Child } from '../dom';
import type { Part } from './hero';
import { isBroken, type Model, type Session } from './session';

/** How long work may take before its words are shown: shorter ones would only flicker. */
const patience = 1000;

/** One discreet line of fixed height: a problem, else what is being done, else engine and preprocessing. */
export function createStatus(client: Client<InspectorApi>, session: Session): Part {
  const text = el('span', { class: 'status-text' });
  const log = el('button', { type: 'button', class: 'link', onclick: () => void client.runCommand({ command: 'showLog' }).catch(session.fail) }, l10n.t('Show Log'));
  const element = el('div', { class: 'status', role: 'status' }, text, log);
  let busySince: number | null = null;
  const update = (model: Model): void => {
    const busy = model.state?.busy ?? (model.waiting ? l10n.t('Computing …') : null);
    if (busy === null) busySince = null;
    else if (busySince === null) {
      busySince = performance.now();
      setTimeout(() => update(session.model()), patience + 20);
    }
    const slow = busySince !== null && performance.now() - busySince >= patience;
    // An image that cannot be shown says so in its own place, with all words.
    const broken = isBroken(model);
    const problem = broken ? null : (model.problem ?? (model.state?.view ? model.state.error : null));
    element.classList.toggle('problem', problem !== null);
    show(log, problem !== null);
    const line = problem ?? (slow ? busy : null) ?? (broken ? '\u00a0' : facts(model.state));
    setText(text, line);
    setAttribute(text, 'title', problem ?? factsTitle(model.state));
  };
  return { element, update };
}

function facts(state: InspectorState | null): string {
  const view = state?.view;
  return view ? `${view.preprocessing} · ${view.engine.label}` : '\u00a0';
}

/** All words of the line, which may be cut off in it, and why no better engine computes. */
function factsTitle(state: InspectorState | null): string | undefined {
  const view = state?.view;
  if (!view) return undefined;
  const { label, rejected } = view.engine;
  return [view.preprocessing, label, ...rejected.map(({ name, reason }) => l10n.t('not {0}: {1}', name, reason))].join('\n');
}

/** The places of image and maps, before they are there. */
function createSkeleton(): HTMLElement {
  const maps = Array.from({ length: 24 }, () => el('span'));
  return el('div', { class: 'skeleton', 'aria-hidden': 'true' }, el('span', { class: 'skeleton-image' }), el('div', { class: 'skeleton-maps' }, ...maps));
}

/** What stands in place of the panel while there is nothing to look at, each with the way out of it. */
export function createEmpty(client: Client<InspectorApi>, session: Session): Part {
  const element = el('div', { class: 'empty' });
  let shownKind = '';
  const offer = (label: string, act: () => Promise<unknown>, secondary = false): HTMLElement =>
    button(label, () => void act().catch(session.fail), secondary ? 'secondary' : 'primary');
  const contents = (state: InspectorState | null, problem: string | null): readonly Child[] => {
    const showLog = offer(l10n.t('Show Log'), () => client.runCommand({ command: 'showLog' }), true);
    const open = (): HTMLElement => offer(l10n.t('Open Image…'), () => client.openImage({}));
    const error = state?.error ?? problem;
    if (error !== null) return [el('h2', {}, l10n.t('This image cannot be shown')), el('p', { class: 'error-text', role: 'alert' }, error), el('div', { class: 'buttons' }, open(), showLog)];
    if (!state || state.busy !== null) return [createSkeleton(), state ? null : el('p', { class: 'late' }, l10n.t('Starting …'))];
    if (state.checkpoints.length === 0)
      return [
        el('h2', {}, l10n.t('No trained model yet')),
        el('p', {}, l10n.t('The sample comes with a small trained model and pictures to look into; or train one of your own.')),
        el('div', { class: 'buttons' },
          offer(l10n.t('Create Sample Workspace'), () => client.runCommand({ command: 'createSample' })),
          offer(l10n.t('Start Training'), () => client.runCommand({ command: 'startTraining' }), true)),
      ];
    return [
      el('h2', {}, l10n.t('No image')),
      el('p', {}, l10n.t('Open an image in the editor, and it is looked into here.')),
      el('div', { class: 'buttons' }, open()),
    ];
  };
  const update = (model: Model): void => {
    const broken = isBroken(model);
    const empty = !model.state?.view || broken;
    show(element, empty);
    element.classList.toggle('over', broken);
    const kind = JSON.stringify([model.problem, model.state?.error, broken, model.state?.busy, model.state?.checkpoints.length === 0, model.state === null]);
    if (empty && kind !== shownKind) fill(element, ...contents(model.state, model.problem));
    shownKind = empty ? kind : '';
  };
  return { element, update };
}
