import * as l10n from '@vscode/l10n';
import type { CheckpointInfo, InspectorState } from '../../src/protocol';
import { el, setAttribute, setText, show } from '../dom';
import { checkpointName } from './words';

/** One place of the slider. */
interface Step {
  readonly path: string;
  readonly epoch: number;
  readonly text: string;
}

/** Pause between two epochs of the play button, at least: the eye needs it. */
const PAUSE = 450;

/**
 * Moves through the epochs of a run: what the network sees in the image as it learns. Through the frames of its probe
 * while one is shown, else through its checkpoints. The play button shows one after the other, each when the one before
 * is drawn; it is there for frames, which come at once, and left out where the system asks for less motion.
 *
 * @param onPlay before the first epoch is shown
 */
export function createEpochs(choose: (step: { readonly path: string; readonly frame: boolean }) => void, onPlay?: () => void): { readonly element: HTMLElement; readonly update: (state: InspectorState) => void } {
  let steps: readonly Step[] = [];
  let frames = false;
  let latest: InspectorState | null = null;
  let playing: ReturnType<typeof setTimeout> | undefined;
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const label = el('span', { class: 'epoch-label', 'aria-hidden': 'true' });
  const go = (at: number): void => {
    const one = steps[at];
    if (!one) return;
    range.value = String(at);
    name(one);
    choose({ path: one.path, frame: frames });
  };
  const range = el('input', {
    type: 'range', class: 'epoch-range', min: '0', step: '1', 'aria-label': l10n.t('Epoch'), title: l10n.t('Back and forth through the epochs of the run (arrow keys)'),
    oninput: () => {
      stop();
      go(Number(range.value));
    },
  });
  const play = el('button', { type: 'button', class: 'play', onclick: () => (playing === undefined ? start() : stop()) });
  const name = ({ epoch, text }: Step): void => {
    setText(label, l10n.t('epoch {0}', epoch));
    setAttribute(range, 'aria-valuetext', text);
  };
  const draw = (): void => {
    const text = playing === undefined ? l10n.t('Play the epochs') : l10n.t('Pause');
    setText(play, playing === undefined ? '▶' : '❚❚');
    setAttribute(play, 'aria-label', text);
    setAttribute(play, 'title', text);
  };
  const stop = (): void => {
    clearTimeout(playing);
    playing = undefined;
    draw();
  };
  const start = (): void => {
    onPlay?.();
    // From the end it begins anew.
    if (Number(range.value) >= steps.length - 1) go(0);
    tick();
    draw();
  };
  const tick = (): void => {
    playing = setTimeout(() => {
      const at = Number(range.value);
      const shown = latest?.view?.checkpoint.path === steps[at]?.path && latest?.busy === null;
      if (shown && at >= steps.length - 1) return stop();
      if (shown) go(at + 1);
      tick();
    }, PAUSE);
  };
  draw();
  const element = el('span', { class: 'epochs' }, play, range, label);
  const update = (state: InspectorState): void => {
    const wereFrames = frames;
    latest = state;
    frames = state.probe?.frame != null;
    steps = frames ? frameSteps(state) : checkpointSteps(state.checkpoints, state.checkpoint);
    if (playing !== undefined && (wereFrames !== frames || steps.length < 2 || still.matches)) stop();
    show(element, steps.length > 1);
    show(play, frames && !still.matches);
    if (steps.length < 2) return;
    range.max = String(steps.length - 1);
    const at = steps.findIndex(({ path }) => path === state.checkpoint);
    // While it plays the slider is ahead of what is shown.
    if (playing === undefined && at >= 0) range.value = String(at);
    const one = steps[Number(range.value)];
    if (one) name(one);
  };
  return { element, update };
}

function frameSteps({ probe }: InspectorState): readonly Step[] {
  return (probe?.images[probe.image]?.frames ?? []).map(({ path, epoch }) => ({ path, epoch, text: l10n.t('epoch {0}', epoch) }));
}

function checkpointSteps(all: readonly CheckpointInfo[], chosen: string | null): readonly Step[] {
  const current = all.find(({ path }) => path === chosen);
  if (!current) return [];
  const own = all.filter(({ run, scheme }) => run === current.run && scheme === undefined).sort((a, b) => a.step - b.step);
  return own.map((one) => ({ path: one.path, epoch: one.epoch, text: checkpointName(one) }));
}
