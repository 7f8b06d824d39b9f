import { createHash } from 'node:crypto';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import { writeFileAtomic } from '../atomic';
import { readSource } from '../config/document';
import { scalar } from '../config/sweepSchema';
import { isObject } from '../json';
import { readJson } from '../runs/files';
import { UserError } from '../userError';

const entry = z.object({
  /** Which combination. */
  setting: z.int(),
  seed: z.int(),
  /** Of successive halving, from 0. */
  round: z.int(),
  epochs: z.int(),
  state: z.enum(['waiting', 'running', 'finished', 'stopped', 'failed', 'skipped']),
  /** Seen from the sweep's folder. */
  run: z.string().optional(),
  reason: z.string().optional(),
  /** The best of `monitor` on the validation images. */
  val: z.number().optional(),
  /** Accuracy on the test images. */
  test: z.number().optional(),
  seconds: z.number().optional(),
});

const schema = z.object({
  format: z.literal(1),
  name: z.string(),
  created: z.string(),
  /** Absolute. */
  config: z.string(),
  /** sha256 of its text. */
  text: z.string(),
  monitor: z.string(),
  eta: z.int(),
  rounds: z.array(z.int()),
  seeds: z.array(z.int()),
  settings: z.array(
    z.object({
      values: z.record(z.string(), scalar),
      set: z.array(z.string()),
      params: z.number(),
      macs: z.number(),
      /** N = HW/P²; earlier versions wrote the sequence alone. */
      patches: z.number().optional(),
      tokens: z.number(),
      omegaMsa: z.number(),
      /** Bytes of one training step; 0 where an earlier version has not asked. */
      memory: z.number().default(0),
    }),
  ),
  /** How the keys that were drawn from a range are drawn; listed ones stand side by side. Not written by earlier versions. */
  ranges: z.record(z.string(), z.enum(['linear', 'log'])).optional(),
  /** In the order of the plan, which the results are computed in; a later round comes behind. */
  entries: z.array(entry),
  /** Places in `entries` of those that wait, where somebody has changed their order; what is not in it comes behind. */
  queue: z.array(z.int()).default([]),
  /** How many train side by side, where the configuration says so. */
  parallel: z.int().optional(),
  /** Whoever leads the sweep is asked to stop. */
  pause: z.boolean().default(false),
});

/** `sweep.json`: what is to be trained, and what came of it. */
export type SweepRecord = z.output<typeof schema>;
export type Entry = z.output<typeof entry>;

export const SWEEP_FILE = 'sweep.json';

/** @throws UserError when there is none, or it is damaged */
export function readSweep(folder: string): Promise<SweepRecord> {
  return readJson(path.join(folder, SWEEP_FILE), schema);
}

export function writeSweep(folder: string, record: SweepRecord): Promise<void> {
  return writeFileAtomic(path.join(folder, SWEEP_FILE), `${JSON.stringify(record, null, 1)}\n`);
}

/** Of what a configuration says: comments, spaces and the order of keys are free. */
export function digestOf(text: string): string {
  const { value, problems } = readSource(text, '');
  return sha256(problems.length > 0 ? text : JSON.stringify(sorted(value)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  return isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)])) : value;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @throws UserError when the configuration is another one than the sweep was planned by */
export function refuseChanged(record: SweepRecord, text: string): void {
  // Earlier versions kept the digest of the text itself.
  if (digestOf(text) === record.text || sha256(text) === record.text) return;
  throw new UserError(l10n.t('{0} has changed since this sweep was planned: its trainings would not be comparable. Undo the change, or start a new sweep.', record.config), { file: record.config });
}
