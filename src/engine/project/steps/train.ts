import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { loadCheckpoint } from '../../checkpoint';
import { configSchema, type Config } from '../../config/schema';
import { FREE } from '../../runs/compare';
import { flatten } from '../../runs/flat';
import { exists, readRecord } from '../../runs/files';
import { readRun, resolveCheckpoint } from '../../runStore';
import type { Trainer } from '../../sweep/lead';
import { UserError } from '../../userError';
import type { LockedStep } from '../lock';
import { stemOf } from '../pipelineFile';
import type { Inputs } from '../reasons';
import { seenFrom, Stopped, type Step, type Work } from '../step';

type Ended = Awaited<ReturnType<Trainer['resume']>>;

export function trainName(config: string, seed: number): string {
  return `train/${stemOf(config)}/seed-${seed}`;
}

/** One training: a configuration with one seed. What was begun with the same inputs goes on where it stopped. */
export function trainStep(file: string, seed: number): Step {
  const name = trainName(file, seed);
  return {
    name,
    kind: 'train',
    after: ['split'],
    inputs: (work) => trainInputs(work, file, seed),
    async run(work, inputs, before) {
      const known = before?.state === 'begun' && before.run !== undefined ? path.resolve(work.plan.folder, before.run) : undefined;
      const run = (known === undefined ? undefined : await goneOn(work, known)) ?? (await begun(work, { name, file, seed, inputs }));
      const found = (await readRecord(run)).dataset.fingerprint;
      const { facts } = await work.data.of(file);
      if (found !== facts.fingerprint) throw new UserError(l10n.t('The data of {0} have changed while the pipeline ran: {1} was not trained on the split that is written down. Run the pipeline again.', facts.name, run), { file: run });
      const checkpoint = await resolveCheckpoint(run);
      return { run: seenFrom(work.plan, run), outputs: [seenFrom(work.plan, checkpoint)], result: await resultOf(checkpoint, inputs) };
    },
  };
}

/** The keys of a configuration that shape its training and are not the default ones, what it reads, and the seed. */
async function trainInputs({ plan, data }: Work, file: string, seed: number): Promise<Inputs> {
  const config = await data.config(file);
  const place = path.resolve(plan.folder, file);
  if (config.sweep) throw new UserError(l10n.t('{0} is a sweep of many trainings. A pipeline compares configurations, each with all seeds: write one for each combination, or run it with: vit-lab sweep {0}', file), { file: place });
  const folder = path.dirname(place);
  const { finetune, train } = config;
  return {
    seed: String(seed),
    ...writtenKeys(config),
    ...(finetune?.from !== undefined && { [`weights ${finetune.from}`]: await weightsDigest(path.resolve(folder, finetune.from)) }),
    ...(train.distillation?.teacher !== undefined && { [`weights ${train.distillation.teacher}`]: await weightsDigest(path.resolve(folder, train.distillation.teacher)) }),
  };
}

/** The pipeline says the seed; threads change no result. */
const UNIMPORTANT = new Set(['seed', 'dataset.workers']);

/** Not comments, and not what computes, who is told and how a run is called: that changes nothing of the result. */
export function writtenKeys(config: Config): Inputs {
  const defaults = flatten(configSchema.parse({}));
  const own = [...flatten(config)].filter(([key, value]) => defaults.get(key) !== value && !UNIMPORTANT.has(key) && !key.startsWith('tracking.') && !FREE.has(key));
  return Object.fromEntries(own);
}

/**
 * A checkpoint says when it was made, so that no two files are the same: of a training that comes to the same weights from the
 * same inputs, nothing has changed.
 */
async function resultOf(checkpoint: string, inputs: Inputs): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(inputs).sort()));
  const { params } = await loadCheckpoint(checkpoint);
  for (const [name, { shape, data }] of [...params].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`\n${name} ${shape.join('x')}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

async function weightsDigest(from: string): Promise<string> {
  const file = await resolveCheckpoint(from);
  // The folder of a model that was trained elsewhere is told apart by where it is.
  return readFile(file).then((bytes) => createHash('sha256').update(bytes).digest('hex'), () => file);
}

/** A run that was begun: finished meanwhile, or resumed; undefined where nothing of it is left. */
async function goneOn({ trainer, signal, log }: Work, run: string): Promise<string | undefined> {
  if (!(await exists(run))) return undefined;
  const { state, resumable, step, problem } = await readRun(run);
  if (problem !== undefined) {
    log('warning', l10n.t('{0} cannot be gone on with: {1} It is trained anew.', run, problem));
    return undefined;
  }
  if (state === 'running') throw new UserError(l10n.t('{0} is being trained by another process. Wait for it, or stop it: vit-lab stop {0}', run), { file: run });
  if (state === 'finished') return run;
  if (!resumable) return undefined;
  log('info', l10n.t('Goes on with {0} at step {1}', run, step));
  return ended(await trainer.resume(run, signal), run);
}

interface Beginning {
  readonly name: string;
  readonly file: string;
  readonly seed: number;
  readonly inputs: Inputs;
}

async function begun({ plan, lock, data, trainer, signal, log }: Work, { name, file, seed, inputs }: Beginning): Promise<string> {
  const title = (await data.config(file)).name ?? stemOf(file);
  const onRun = (run: string): Promise<void> => {
    log('info', l10n.t('Trains into {0}', seenFrom(plan, run)));
    // Written down while it trains, so that it can be gone on with whatever happens.
    return lock.set(name, { state: 'begun', inputs: { ...inputs }, outputs: {}, run: seenFrom(plan, run) } satisfies LockedStep);
  };
  const end = await trainer.start({ config: path.resolve(plan.folder, file), runs: path.resolve(plan.folder, plan.models), set: [`seed=${seed}`, `name=${JSON.stringify(title)}`] }, onRun, signal);
  return ended(end, end.run);
}

function ended({ reason, message }: Ended, run: string): string {
  if (reason === 'stopped') throw new Stopped(message);
  if (reason === 'error' || reason === 'non-finite') throw new UserError(message, run === '' ? undefined : { file: run });
  return run;
}
