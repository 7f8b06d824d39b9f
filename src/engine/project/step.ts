import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { StepKind } from '../../projectProtocol';
import type { LogLevel } from '../log';
import type { Looker } from '../looking';
import type { Trainer } from '../sweep/lead';
import { UserError } from '../userError';
import { VERSION } from '../version';
import type { DataReader } from './data';
import { resultOf, type Lock, type LockedStep } from './lock';
import type { Plan } from './pipelineFile';
import type { Inputs } from './reasons';

/** What a step works with. */
export interface Work {
  readonly plan: Plan;
  readonly lock: Lock;
  readonly data: DataReader;
  readonly looker: Looker;
  readonly trainer: Trainer;
  readonly signal: AbortSignal;
  readonly progress: (message: string, share?: number) => void;
  readonly log: (level: LogLevel, message: string) => void;
}

/** What a step leaves, from the project's folder. */
export interface Made {
  readonly outputs: readonly string[];
  readonly run?: string;
  /** As of a locked step. */
  readonly result?: string;
}

export interface Step {
  /** e.g. `train/vit/seed-0`. */
  readonly name: string;
  readonly kind: StepKind;
  /** Names of the steps whose results it takes. */
  readonly after: readonly string[];
  /** What its author may have written into; such outputs are kept when they differ, and are no reason to run. */
  readonly editable?: boolean;
  /** What it is made from beside the results of the steps before it. */
  inputs(work: Work): Promise<Inputs>;
  /** @param before what the lock says of it, with the same inputs where it was only begun */
  run(work: Work, inputs: Inputs, before: LockedStep | undefined): Promise<Made>;
}

/** A training was asked to stop; its run can be resumed. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** All that a step is made from. */
export async function inputsOf(step: Step, work: Work): Promise<Inputs> {
  const upstream = step.after.map((name): readonly [string, string] => [`result ${name}`, resultOf(doneStep(work.lock, name))]);
  return { 'ViT Lab': VERSION, ...Object.fromEntries(upstream), ...(await step.inputs(work)) };
}

/** @throws UserError when a step that is needed was never done */
export function doneStep(lock: Lock, name: string): LockedStep {
  const step = lock.of(name);
  if (step?.state === 'done') return step;
  throw new UserError(l10n.t('{0} has not been done yet, and its result is needed. Run the pipeline without --only and --from.', name));
}

/** The run folder of a training that is done; absolute. */
export function runOf({ lock, plan }: Pick<Work, 'lock' | 'plan'>, name: string): string {
  const { run } = doneStep(lock, name);
  if (run === undefined) throw new Error(`${name} has no run`);
  return path.resolve(plan.folder, run);
}

/** From the project's folder, with slashes. */
export function seenFrom(plan: Pick<Plan, 'folder'>, file: string): string {
  return path.relative(plan.folder, file).split(path.sep).join('/');
}
