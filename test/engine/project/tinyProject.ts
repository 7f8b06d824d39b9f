import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { writeShapes } from '../../../src/engine/dataset/shapes';
import type { Engine } from '../../../src/engine/engine';
import { runPipeline, type PipelineOptions } from '../../../src/engine/project/run';
import { loadPipeline } from '../../../src/engine/project/pipelineFile';
import type { Trainer } from '../../../src/engine/sweep/lead';
import type { PipelineResult, StepEvent } from '../../../src/projectProtocol';
import type { RunEvent } from '../../../src/protocol';
import { temporaryFolder, tinyConfig } from '../tiny';

/** A project whose two configurations train in a second: images in class folders, one seed. */
export async function tinyProject(): Promise<string> {
  const folder = await temporaryFolder();
  await writeShapes(path.join(folder, 'data/raw/shapes'), { images: 120, size: 16, seed: 1 });
  const dataset = { format: 'folder', path: 'data/raw/shapes' };
  await tinyConfig(folder, { dataset }, 'a.vit.yaml');
  await tinyConfig(folder, { dataset, model: { depth: 1 } }, 'b.vit.yaml');
  await writeFile(path.join(folder, 'pipeline.yaml'), 'configs: [a.vit.yaml, b.vit.yaml]\nseeds: [0]\nfigures:\n  images: 1\nreport:\n  language: en\n');
  return folder;
}

type Ended = Extract<RunEvent, { type: 'ended' }>;

/** Trains by an engine, whose events are given to `hear`; `onStep` hears of each step and may stop it. */
export function engineTrainer(engine: Engine, listeners: Set<(event: RunEvent) => void>, onStep: (run: string, step: number) => void = () => undefined): Trainer {
  const follow = (begin: () => Promise<{ readonly run: string }>, onRun: (run: string) => Promise<void>): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const listener = (event: RunEvent): void => {
        if (event.type === 'step') onStep(event.run, event.step);
        if (event.type !== 'ended') return;
        listeners.delete(listener);
        resolve(event);
      };
      listeners.add(listener);
      begin().then(({ run }) => onRun(run)).catch(reject);
    });
  const call = { signal: new AbortController().signal, progress: () => undefined };
  return {
    start: (q, onRun) => follow(async () => engine.api.startTraining(q, call), onRun),
    resume: (run) => follow(async () => engine.api.resumeTraining({ run }, call), () => Promise.resolve()),
  };
}

export interface Told {
  readonly result: PipelineResult;
  /** Names of the steps that ran, in their order. */
  readonly ran: readonly string[];
  readonly reasons: Readonly<Record<string, readonly string[]>>;
  readonly events: readonly StepEvent[];
}

export async function pipeline(engine: Engine, trainer: Trainer, folder: string, options: PipelineOptions = {}): Promise<Told> {
  const events: StepEvent[] = [];
  const result = await runPipeline(await loadPipeline(folder), options, {
    looker: engine.looker,
    trainer,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    onProgress: () => undefined,
    onNote: () => undefined,
  });
  const told = events.filter(({ state }) => state === 'done');
  return { result, events, ran: told.map(({ step }) => step), reasons: Object.fromEntries(events.filter(({ reasons }) => reasons.length > 0).map(({ step, reasons }) => [step, reasons])) };
}
