import * as l10n from '@vscode/l10n';
import { loadCheckpoint } from './checkpoint';
import type { Config } from './config/schema';
import type { EvaluationReport, Metrics } from '../protocol';
import { resolveCheckpoint } from './runStore';
import { evaluate, type TrainEvent } from './trainer';
import type { Ended, Prepared } from './training';
import { notFinite } from './watch/rules';

/** What comes after the last step: why it was the last, the test of the best weights, and the last words of the run. */
export async function finish(
  prepared: Prepared,
  event: Extract<TrainEvent, { type: 'ended' }>,
  latest: Metrics,
  at: { readonly time: number; readonly stop: AbortController },
): Promise<Ended> {
  const { writer, config } = prepared;
  const run = writer.path;
  if (event.reason === 'stopped') {
    const message = l10n.t('Stopped after step {0}; it can be resumed.', event.step);
    await writer.finish('stopped', message, latest);
    return { type: 'ended', run, reason: 'stopped', message, metrics: latest };
  }
  if (event.reason === 'non-finite') {
    const message = await nonFiniteMessage(prepared, event.step);
    await writer.log('error', message);
    await writer.finish('failed', message, latest);
    return { type: 'ended', run, reason: 'non-finite', message, metrics: latest };
  }
  const done = doneMessage(event.reason, config);
  const test = await testBest(prepared, at.stop.signal);
  if (test === null) return untested(prepared, done, latest);
  const metrics = { ...latest, ...test };
  if (Object.keys(test).length > 0) await writer.event({ step: event.step, epoch: event.epoch, time: at.time, values: test });
  await writer.log('info', [done, epochLine(event.epoch, config.train.epochs, metrics)].join(' '));
  await writer.finish('finished', done, metrics);
  return { type: 'ended', run, reason: event.reason, message: done, metrics };
}

function doneMessage(reason: 'completed' | 'early-stop', { train }: Config): string {
  return reason === 'completed'
    ? train.epochs === 1
      ? l10n.t('The epoch is done.')
      : l10n.t('All {0} epochs done.', train.epochs)
    : l10n.t('Stopped early: {0} has not improved for {1} epochs.', train.monitor, train.early_stop.patience);
}

/** The training is over and saved, but its test was stopped: a resume has no step left to do and goes to the test at once. */
async function untested({ writer }: Prepared, done: string, latest: Metrics): Promise<Ended> {
  const message = [done, l10n.t('Stopped before the test images were evaluated; resume the run to do that.')].join(' ');
  await writer.log('info', message);
  await writer.finish('stopped', message, latest);
  return { type: 'ended', run: writer.path, reason: 'stopped', message, metrics: latest };
}

async function nonFiniteMessage({ writer, config }: Prepared, step: number): Promise<string> {
  const { advice } = notFinite(step, config.train);
  // The first epoch has no checkpoint yet; that is worth saying, and no error.
  const last = await resolveCheckpoint(writer.path, 'last').catch(() => null);
  return last === null
    ? l10n.t('Loss or gradient is not finite at step {0}; no checkpoint had been written. {1}', step, advice)
    : l10n.t('Loss or gradient is not finite at step {0}. The last good checkpoint is {1}. {2}', step, last, advice);
}

/** Metrics of the best checkpoint on the test images, as `test/…`: none when there are no test images, null when stopped. */
async function testBest({ writer, dataset, executor, config }: Prepared, signal: AbortSignal): Promise<Metrics | null> {
  if (dataset.splits.test.size === 0) return {};
  const best = await loadCheckpoint(await resolveCheckpoint(writer.path, 'best'));
  const session = await executor.infer(best.spec, best.params);
  try {
    const { metrics, confusion, analysis } = await evaluate(session, dataset.splits.test, config, { classes: dataset.classes, analyse: true, tta: config.train.tta, signal });
    if (!analysis) return null;
    const { epoch } = best.meta;
    await writer.saveConfusion(confusion, epoch);
    await writer.saveEvaluation({ split: 'test', epoch, ...howOf(config.train), ...analysis });
    return prefixed({ ...metrics }, 'test');
  } finally {
    session.dispose();
  }
}

/** What an evaluation says of how it was made: with test-time augmentation, of averaged weights, where it was so. */
export function howOf({ tta, model_ema_decay }: Pick<Config['train'], 'tta' | 'model_ema_decay'>): Pick<EvaluationReport, 'tta' | 'averaged'> {
  return { ...(tta !== 'none' && { tta }), ...(model_ema_decay > 0 && { averaged: true }) };
}

/** Gives every metric another first part: `loss` and `val/loss` become `test/loss`. */
export function prefixed(metrics: Metrics, prefix: string): Metrics {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}/${name.replace(/^.*\//, '')}`, value]));
}

export function epochLine(epoch: number, epochs: number, metrics: Metrics): string {
  return l10n.t('Epoch {0} of {1}: {2}', epoch, epochs, metricsText(metrics));
}

export function metricsText(metrics: Metrics): string {
  return Object.entries(metrics).map(([name, value]) => `${name} ${value.toPrecision(4)}`).join(', ');
}
