import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { PipelineResult, StepEvent } from '../../projectProtocol';
import type { RunEvent } from '../../protocol';
import { disk, ensureFolder, reasonOf } from '../atomic';
import { openTextLog, type LogLevel, type TextLog } from '../log';
import type { Looker } from '../looking';
import { claim, isOwned, thisProcess } from '../runs/owner';
import type { Trainer } from '../sweep/lead';
import { metricsText } from '../trainingEnd';
import { UserError } from '../userError';
import { VERSION } from '../version';
import { dataReader } from './data';
import { digestOf, openLock, type Lock, type LockedStep } from './lock';
import type { Plan } from './pipelineFile';
import { changesOf, listed, lostOutputs, type Inputs } from './reasons';
import { comparisonOf, readEvaluations } from './results';
import { selected } from './select';
import { inputsOf, Stopped, type Step, type Work } from './step';
import { stepsOf } from './steps';

export interface PipelineOptions {
  /** Runs also what has not changed. */
  readonly force?: boolean;
  /** A step, or a kind of steps: nothing else is done. */
  readonly only?: string | undefined;
  /** This and what depends on it: nothing before it is looked at. */
  readonly from?: string | undefined;
  /** Tells what would be done, and why. */
  readonly dryRun?: boolean;
  /** Above what the pipeline says. */
  readonly logLevel?: LogLevel | undefined;
}

export interface PipelineTools {
  readonly looker: Looker;
  readonly trainer: Trainer;
  readonly signal: AbortSignal;
  readonly onEvent: (event: StepEvent) => void;
  readonly onProgress: (message: string, share?: number) => void;
  /** What goes wrong beside the steps. */
  readonly onNote: (message: string) => void;
  /** Hears what trainings tell, to have it in the log. */
  readonly hear?: (listener: (event: RunEvent) => void) => void;
}

/**
 * Does what of a pipeline is not done, or was made from something else than there is now; each step as soon as it is done is
 * written into `pipeline.lock`. A training that is stopped on the way is resumed by the next call.
 *
 * @returns whether all that was asked for is done; not, when a training was asked to stop
 * @throws UserError that says which step failed; an abort when interrupted
 */
export async function runPipeline(plan: Plan, options: PipelineOptions, tools: PipelineTools): Promise<PipelineResult> {
  const steps = stepsOf(plan);
  const wanted = selected(steps, options);
  const lock = await openLock(plan.folder);
  if (options.dryRun) return resultOf(plan, lock, await new Runner(plan, lock, options, tools, null).all(steps, wanted));
  const file = path.resolve(plan.folder, plan.log.file);
  const logs = path.dirname(file);
  await ensureFolder(logs);
  if (await isOwned(logs)) throw new UserError(l10n.t('Another process runs the pipeline of {0}, a window or a terminal. Wait for it, or stop it there.', plan.folder), { file: plan.file });
  const release = await claim(logs, await thisProcess());
  try {
    return resultOf(plan, lock, await new Runner(plan, lock, options, tools, openTextLog(file, options.logLevel ?? plan.log.level)).all(steps, wanted));
  } finally {
    await release();
  }
}

async function resultOf(plan: Plan, lock: Lock, steps: readonly StepEvent[]): Promise<PipelineResult> {
  const page = Object.keys(lock.of('report')?.outputs ?? {}).find((name) => name.endsWith('.html'));
  const complete = lock.of('compare')?.state === 'done';
  return {
    type: 'pipeline',
    done: steps.every(({ state }) => state === 'skipped' || state === 'left out' || state === 'done'),
    steps,
    comparison: complete ? await readEvaluations(plan, lock).then(comparisonOf, () => []) : [],
    report: page === undefined ? null : path.join(plan.folder, page),
  };
}

class Runner {
  readonly #events: StepEvent[] = [];
  /** Steps of a dry run that would do something. */
  readonly #open = new Set<string>();
  #step = 'pipeline';
  #unwritable = false;
  #written: Promise<void> = Promise.resolve();

  constructor(
    readonly plan: Plan,
    readonly lock: Lock,
    readonly options: PipelineOptions,
    readonly tools: PipelineTools,
    readonly log: TextLog | null,
  ) {}

  async all(steps: readonly Step[], wanted: ReadonlySet<string>): Promise<readonly StepEvent[]> {
    const { looker, trainer, signal, onProgress, hear } = this.tools;
    hear?.((event) => this.#hear(event));
    // A log that cannot be written is told before anything is done.
    await this.log?.write('info', this.#step, l10n.t('ViT Lab {0}, {1}; steps: {2}', VERSION, this.plan.file, wanted.size));
    const data = dataReader(this.plan, signal, (done, of) => onProgress(l10n.t('Reading images {0}/{1}', done, of), done / Math.max(1, of)));
    const work: Work = { plan: this.plan, lock: this.lock, data, looker, trainer, signal, progress: onProgress, log: (level, message) => this.#write(level, message) };
    try {
      for (const step of steps) {
        signal.throwIfAborted();
        this.#step = step.name;
        if (!wanted.has(step.name)) this.#tell(step, { state: 'left out', reasons: [] });
        else if (!(await this.#one(step, work))) break;
      }
    } finally {
      // Whoever hears of the end, or of a failure, finds it in the log.
      await this.#written;
    }
    this.#step = 'pipeline';
    return this.#events;
  }

  /** @returns whether the pipeline goes on */
  async #one(step: Step, work: Work): Promise<boolean> {
    const before = this.lock.of(step.name);
    if (step.after.some((name) => this.#open.has(name))) {
      const open = step.after.find((name) => this.#open.has(name))!;
      const reasons = [before?.state === 'done' ? l10n.t('depends on what comes out of {0}', open) : before ? l10n.t('was not finished') : l10n.t('has not run yet')];
      return this.#wouldRun(step, before?.state === 'done' ? 'may run' : 'would run', reasons);
    }
    const begun = performance.now();
    try {
      const inputs = await inputsOf(step, work);
      const { reasons, same } = await reasonsFor(step, inputs, before, this.plan.folder, this.options.force ?? false);
      if (reasons.length === 0) return this.#tell(step, { state: 'skipped', reasons });
      if (this.options.dryRun) return this.#wouldRun(step, 'would run', reasons);
      this.#tell(step, { state: 'running', reasons });
      for (const [name, value] of Object.entries(inputs)) this.#write('debug', `${name} = ${value}`);
      const made = await step.run(work, inputs, before?.state === 'begun' && !same ? undefined : before);
      const outputs = await digestsOf(this.plan.folder, made.outputs);
      if (step.kind === 'figures') await removeOutdated(this.plan.folder, before, outputs);
      const seconds = Number(((performance.now() - begun) / 1000).toFixed(1));
      await this.lock.set(step.name, { state: 'done', inputs: { ...inputs }, outputs, ...(made.result !== undefined && { result: made.result }), ...(made.run !== undefined && { run: made.run }), seconds, finished: new Date().toISOString() });
      return this.#tell(step, { state: 'done', reasons, seconds, outputs: Object.keys(outputs) });
    } catch (error) {
      if (error instanceof Stopped) return !this.#tell(step, { state: 'stopped', reasons: [], message: error.message });
      if (error instanceof Error && error.name === 'AbortError') this.#write('warning', l10n.t('Interrupted'));
      else this.#tell(step, { state: 'failed', reasons: [], message: reasonOf(error) });
      throw error instanceof UserError ? new UserError(l10n.t('{0} failed: {1}', step.name, error.message), error.place) : error;
    }
  }

  #wouldRun(step: Step, state: 'may run' | 'would run', reasons: readonly string[]): true {
    this.#open.add(step.name);
    return this.#tell(step, { state, reasons });
  }

  #tell({ name, kind }: Step, told: Omit<StepEvent, 'type' | 'step' | 'kind'>): true {
    const event: StepEvent = { type: 'step', step: name, kind, ...told };
    if (event.state !== 'running') this.#events.push(event);
    this.tools.onEvent(event);
    if (event.state === 'skipped') this.#write('info', l10n.t('Skipped: nothing has changed'));
    else if (event.state === 'running') this.#write('info', l10n.t('Begins: {0}', event.reasons.join('; ')));
    else if (event.state === 'done') this.#write('info', l10n.t('Done in {0} s', event.seconds ?? 0));
    else if (event.state === 'stopped') this.#write('warning', event.message ?? '');
    else if (event.state === 'failed') this.#write('error', event.message ?? '');
    return true;
  }

  #hear(event: RunEvent): void {
    if (event.type === 'warning') this.#write('warning', `${event.message} ${event.advice}`);
    else if (event.type === 'started') event.warnings.forEach((warning) => this.#write('warning', warning));
    else if (event.type === 'epoch') this.#write('debug', l10n.t('Epoch {0}: {1}', event.epoch, metricsText(event.metrics)));
    else if (event.type === 'ended') this.#write(event.reason === 'error' || event.reason === 'non-finite' ? 'error' : 'info', event.message);
  }

  /** A log that cannot be written any more is no reason to lose a training; it is told once. */
  #write(level: LogLevel, message: string): void {
    if (!this.log) return;
    // They are written in their order: the last one is done when all are.
    this.#written = this.log.write(level, this.#step, message).catch((error: unknown) => {
      if (!this.#unwritable) this.tools.onNote(reasonOf(error));
      this.#unwritable = true;
    });
  }
}

async function digestsOf(folder: string, outputs: readonly string[]): Promise<Record<string, string>> {
  const entries = await Promise.all(outputs.map(async (name) => [name, await digestOf(path.join(folder, name))] as const));
  const missing = entries.find(([, digest]) => digest === null);
  if (missing) throw new UserError(l10n.t('{0} was removed while the pipeline ran.', path.join(folder, missing[0])));
  return Object.fromEntries(entries as readonly (readonly [string, string])[]);
}

/** Pictures of an earlier time that are not made any more; one that was changed by hand is kept. */
async function removeOutdated(folder: string, before: LockedStep | undefined, outputs: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, digest] of Object.entries(before?.outputs ?? {})) {
    const file = path.resolve(folder, name);
    // What a lock names may be anybody's: only what lies where pictures do, and is what was made.
    const ours = !(name in outputs) && !path.relative(path.join(folder, 'reports/figures'), file).startsWith('..');
    if (ours && (await digestOf(file)) === digest) await disk.rm(file, { force: true });
  }
}

/** Why a step has to be done: all reasons, none when nothing has changed. `same`: what it is made from is as it was. */
async function reasonsFor({ editable }: Step, inputs: Inputs, before: LockedStep | undefined, folder: string, force: boolean): Promise<{ readonly reasons: string[]; readonly same: boolean }> {
  if (!before) return { reasons: [l10n.t('has not run yet')], same: false };
  const changes = changesOf(before.inputs, inputs);
  const same = changes.length === 0 && !force;
  if (before.state === 'begun') return { reasons: changes.length > 0 ? changes : [l10n.t('was not finished')], same };
  const { missing, edited } = await lostOutputs(folder, before);
  const lost = [
    ...(missing.length > 0 ? [l10n.t('{0} is missing', listed(missing))] : []),
    ...(edited.length > 0 && !editable ? [l10n.t('{0} was changed by hand', listed(edited))] : []),
  ];
  const reasons = [...changes, ...lost];
  return { reasons: force && reasons.length === 0 ? [l10n.t('asked for by --force')] : reasons, same };
}
