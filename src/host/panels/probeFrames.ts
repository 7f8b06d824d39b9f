import type { InspectorState, ProbeView } from '../../protocol';
import type { Core } from '../core';
import type { KeptFrame } from './inspectorKept';

/** What the user chose to see: an image of a run's probe, at an epoch or as the newest comes. */
type Chosen = KeptFrame;

/** The frame that is shown. */
export interface ShownFrame {
  readonly path: string;
  readonly step: number;
  /** The image that it is of. */
  readonly file: string;
}

type State = NonNullable<InspectorState['probe']>;

/** The looks that a run's training kept of its probe images: those of the run that is looked into. */
export class ProbeFrames {
  readonly #core: Core;
  #run: string | undefined;
  #view: ProbeView | null = null;
  #chosen: Chosen | null = null;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Goes back to what was shown before a window was reloaded; only of a run that the window knows. */
  restore(kept: KeptFrame | null): void {
    this.#chosen = kept && this.#core.runs.find(kept.run) ? kept : null;
  }

  /** Reads the probe of the chosen run, else of the one given; true when something is new. */
  async refresh(run: string | undefined): Promise<boolean> {
    const wanted = this.#chosen?.run ?? run;
    const before = JSON.stringify([this.#run, this.#view]);
    const view = wanted === undefined ? null : await (await this.#core.looker.client()).readProbe({ run: wanted });
    [this.#run, this.#view] = [wanted, view && view.images.length > 0 ? view : null];
    if (!this.#view && this.#chosen) this.#chosen = null;
    return JSON.stringify([this.#run, this.#view]) !== before;
  }

  /** Goes to a run's probe, and with it from epoch to epoch as they come. */
  async open(run: string): Promise<boolean> {
    this.#chosen = { run, image: 0, epoch: 'newest' };
    await this.refresh(run);
    return this.shown !== null;
  }

  /** Shows a frame of the probe that is loaded; null goes back to checkpoints. */
  choose(frame: string | null): void {
    this.#chosen = null;
    for (const [image, { frames }] of (this.#view?.images ?? []).entries())
      for (const [i, { path, epoch }] of frames.entries())
        if (path === frame && this.#run !== undefined) this.#chosen = { run: this.#run, image, epoch: i === frames.length - 1 ? 'newest' : epoch };
  }

  knows(frame: string): boolean {
    return this.#view?.images.some(({ frames }) => frames.some(({ path }) => path === frame)) ?? false;
  }

  /** What is to be shown instead of a checkpoint; of an epoch that was thinned out meanwhile, the nearest. */
  get shown(): ShownFrame | null {
    const chosen = this.#chosen;
    const image = chosen && this.#view?.images[chosen.image];
    if (!image) return null;
    const away = (epoch: number): number => (chosen.epoch === 'newest' ? -epoch : Math.abs(epoch - chosen.epoch));
    const frame = image.frames.reduce<(typeof image.frames)[number] | undefined>((best, one) => (best && away(best.epoch) <= away(one.epoch) ? best : one), undefined);
    return frame ? { path: frame.path, step: frame.step, file: image.source } : null;
  }

  get state(): State | null {
    if (this.#run === undefined || !this.#view) return null;
    const running = this.#core.runs.find(this.#run)?.state === 'running';
    return { run: this.#run, images: this.#view.images, image: this.#chosen?.image ?? 0, frame: this.shown?.path ?? null, following: running && this.#chosen?.epoch === 'newest' };
  }
}
