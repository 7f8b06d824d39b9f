import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import { codeOf, disk, reasonOf } from '../atomic';
import { complaints } from '../config/words';
import { UserError } from '../userError';

/** What lies where in a run folder, and what `run.json` and `checkpoints/index.json` say. Paths in them are relative. */

export const files = {
  record: (run: string) => path.join(run, 'run.json'),
  config: (run: string) => path.join(run, 'config.yaml'),
  source: (run: string) => path.join(run, 'config.source.yaml'),
  metrics: (run: string) => path.join(run, 'metrics.jsonl'),
  log: (run: string) => path.join(run, 'log.jsonl'),
  start: (run: string) => path.join(run, 'start.json'),
  notes: (run: string) => path.join(run, 'notes.json'),
  confusion: (run: string) => path.join(run, 'confusion.json'),
  evaluation: (run: string) => path.join(run, 'evaluation.json'),
  probe: (run: string) => path.join(run, 'probe'),
  probeIndex: (run: string) => path.join(run, 'probe', 'index.json'),
  stop: (run: string) => path.join(run, 'stop'),
  checkpoints: (run: string) => path.join(run, 'checkpoints'),
  index: (run: string) => path.join(run, 'checkpoints', 'index.json'),
  weights: (run: string, name: string) => path.join(run, 'checkpoints', `${name}.safetensors`),
  state: (run: string, name: string) => path.join(run, 'checkpoints', `${name}.state.safetensors`),
} as const;

/** JSON has no NaN: a metric that was none comes back as none. */
const metrics = z.record(z.string(), z.union([z.number(), z.null().transform(() => NaN)]));

const owner = z.object({
  pid: z.int(),
  /** When the process started, in whatever form the system tells; tells a process from a later one of the same number. */
  start: z.string().nullable(),
  host: z.string(),
});

export const recordSchema = z.object({
  format: z.literal(1),
  version: z.string(),
  name: z.string(),
  state: z.enum(['running', 'finished', 'stopped', 'failed', 'interrupted']),
  created: z.string(),
  ended: z.string().optional(),
  reason: z.string().optional(),
  epoch: z.int(),
  epochs: z.int(),
  step: z.int(),
  steps: z.int(),
  /** Seconds of training, pauses left out. */
  seconds: z.number(),
  latest: metrics,
  seed: z.int(),
  params: z.int(),
  git: z.string().nullable(),
  node: z.string(),
  platform: z.string(),
  /** What it was trained on; runs of earlier versions do not say. */
  machine: z.object({ processor: z.string(), cores: z.int() }).optional(),
  /** What seemed wrong while it trained; each once. */
  warnings: z.array(z.object({ rule: z.string(), epoch: z.int(), message: z.string(), advice: z.string() })).optional(),
  engine: z.object({
    name: z.string(),
    label: z.string(),
    rejected: z.array(z.object({ name: z.string(), reason: z.string() })),
  }),
  dataset: z.object({
    name: z.string(),
    format: z.string(),
    path: z.string(),
    /** From the run folder, for when both were moved together. */
    relative: z.string(),
    fingerprint: z.string(),
    classes: z.array(z.string()),
    sizes: z.object({ train: z.int(), val: z.int(), test: z.int() }),
    broken: z.int(),
    /** False of a run that was given to others without its images: there never were any where it lies now. */
    shipped: z.literal(false).optional(),
  }),
  owner: owner.extend({ heartbeat: z.string() }).nullable(),
  /** The sweep that it is one training of. */
  sweep: z.string().optional(),
  /** The network that it learned from, too; absolute. */
  teacher: z.object({ path: z.string(), sha256: z.string() }).optional(),
  /** The weights that a fine-tuning started from; a run from scratch has none. */
  start: z
    .object({
      /** Absolute. */
      path: z.string(),
      sha256: z.string(),
      /** Whose names its tensors had. */
      scheme: z.string(),
      epoch: z.int(),
      metrics,
      classes: z.int(),
      head: z.enum(['kept', 'new']),
      /** Tensors whose size was changed. */
      resized: z.array(z.string()),
    })
    .optional(),
});

export const indexSchema = z.object({
  format: z.literal(1),
  best: z.string().nullable(),
  last: z.string().nullable(),
  /** Oldest first. */
  points: z.array(
    z.object({ name: z.string().regex(/^[\w-]+$/), epoch: z.int(), step: z.int(), metrics, sha256: z.string(), state: z.boolean() }),
  ),
});

export type Owner = z.output<typeof owner>;
export type RunRecord = z.output<typeof recordSchema>;
export type PointIndex = z.output<typeof indexSchema>;

export const noPoints: PointIndex = { format: 1, best: null, last: null, points: [] };

/** Reads `run.json`. Throws UserError naming the file when it is missing, damaged, or of a newer version. */
export async function readRecord(run: string): Promise<RunRecord> {
  return await readJson(files.record(run), recordSchema);
}

/** Reads the index of the checkpoints; a run that has saved none yet has an empty one. */
export async function readIndex(run: string): Promise<PointIndex> {
  return (await exists(files.index(run))) ? await readJson(files.index(run), indexSchema) : noPoints;
}

export async function readJson<T extends z.ZodType>(file: string, schema: T): Promise<z.output<T>> {
  return parsed(file, await readText(file), schema);
}

/** What a file says, of which this is the text. Throws UserError naming the file when it is damaged or of a newer version. */
export function parsed<T extends z.ZodType>(file: string, text: string, schema: T): z.output<T> {
  const value = parseJson(file, text);
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (typeof format === 'number' && format > 1) {
    throw new UserError(l10n.t('{0} was made by a newer version of ViT Lab. Update ViT Lab.', file), { file });
  }
  const result = schema.safeParse(value);
  if (!result.success) throw new UserError(l10n.t('{0} is damaged: {1}', file, complaints(result.error, value)), { file });
  return result.data;
}

export async function readText(file: string): Promise<string> {
  try {
    return await disk.readFile(file, 'utf8');
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? l10n.t('there is no such file') : reasonOf(error);
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reason), { file });
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UserError(l10n.t('{0} is damaged: {1}', file, reasonOf(error)), { file });
  }
}

export async function exists(file: string): Promise<boolean> {
  try {
    await disk.stat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}
