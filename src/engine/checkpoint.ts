import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import type { CheckpointInfo, Metrics, Origin } from '../protocol';
import { writeFileAtomic } from './atomic';
import { classKey } from './classKey';
import { weightsOf } from './compile/executor';
import { type Config, configSchema } from './config/schema';
import { complaints } from './config/words';
import { isBuffer, paramSpecs, type ParamSpec } from './model/params';
import { type ViTSpec, vitSpec } from './model/spec';
import { openPretrained, type Pretrained } from './pretrained/open';
import type { FloatTensor, TensorMap } from './tensors';
import type { TrainPoint } from './trainer';
import { UserError } from './userError';
import { VERSION } from './version';
import { openModelFile, type ModelFile } from './weights/modelFile';
import { bytesOf, serialiseSafetensors } from './weights/safetensors';

/** What a checkpoint says of itself, in the metadata of its safetensors file. */
export interface CheckpointMeta {
  readonly format: 'vit-lab/1';
  /** Version of ViT Lab that wrote it. */
  readonly version: string;
  readonly config: Config;
  readonly classes: readonly string[];
  readonly epoch: number;
  readonly step: number;
  readonly metrics: Metrics;
  readonly dataset: { readonly name: string; readonly fingerprint: string };
  /** Label of the engine that trained it. */
  readonly engine: string;
  /** ISO 8601. */
  readonly created: string;
  /** Of a network that was trained elsewhere. */
  readonly origin?: Origin;
}

export interface Checkpoint {
  /** Absolute. */
  readonly path: string;
  readonly meta: CheckpointMeta;
  readonly spec: ViTSpec;
  readonly params: TensorMap;
}

const WEIGHTS = 'vit-lab';
const STATE = 'vit-lab-state';

/** JSON has no NaN: a metric that was none comes back as none. */
const metric = z.union([z.number(), z.null().transform(() => NaN)]);

const metaSchema = z.object({
  format: z.literal('vit-lab/1'),
  version: z.string(),
  config: configSchema,
  // None: a network without a head.
  classes: z.array(z.string()),
  epoch: z.int().min(0),
  step: z.int().min(0),
  metrics: z.record(z.string(), metric),
  dataset: z.object({ name: z.string(), fingerprint: z.string() }),
  engine: z.string(),
  created: z.string(),
  // The rule by which positions are resized is computed with; the rest is only shown.
  origin: z.looseObject({ file: z.string(), scheme: z.string(), positions: z.enum(['timm', 'hf', 'dino', 'torchvision', 'google']).optional() }).transform((value) => value as unknown as Origin).optional(),
});

const cursorSchema = z.object({
  step: z.int().min(0),
  epoch: z.int().min(0),
  stepInEpoch: z.int().min(0),
  running: z.object({ loss: z.number(), correct: z.number(), seen: z.number() }),
  best: z.object({ value: z.number(), epoch: z.number() }).nullable(),
  stale: z.int().min(0),
  plateau: z.object({ lr: z.number(), best: z.number().nullable(), bad: z.int().min(0), cooldown: z.int().min(0) }).optional(),
});

/** Writes weights (timm names and layout, float32) with their metadata, atomically. */
export async function saveCheckpoint(file: string, params: TensorMap, meta: CheckpointMeta): Promise<void> {
  await writeTensors(file, params, {
    ...meta,
    config: JSON.stringify(meta.config),
    classes: JSON.stringify(meta.classes),
    epoch: String(meta.epoch),
    step: String(meta.step),
    metrics: JSON.stringify(meta.metrics),
    dataset: JSON.stringify(meta.dataset),
    origin: meta.origin === undefined ? undefined : JSON.stringify(meta.origin),
  });
}

/**
 * Reads a checkpoint, of ViT Lab or of another project: a file, the index of its parts, or the folder of a model. Of our
 * own it verifies format, sha256, and every tensor's name and shape against the model it describes.
 *
 * @throws UserError that lists everything that does not fit.
 */
export async function loadCheckpoint(place: string): Promise<Checkpoint> {
  const found = await openModelFile(place);
  if (!isOwn(found)) return foreignCheckpoint(await openPretrained(found));
  const { tensors, metadata } = verified(found, WEIGHTS);
  const { file } = found;
  const meta = readMeta(file, metadata);
  const spec = vitSpec(meta.config.image, meta.config.model, meta.classes.length);
  const expected = paramSpecs(spec).map(({ name, shape }) => [name, shape] as const);
  refuseMismatch(file, compareShapes(new Map(expected), tensors));
  return { path: file, meta, spec, params: tensors };
}

/** Weights of another project as a checkpoint; they were trained by no run of ours. */
export async function foreignCheckpoint({ config, spec, classes, params, origin }: Pretrained): Promise<Checkpoint> {
  const { mtime } = await stat(origin.file);
  const meta: CheckpointMeta = {
    format: 'vit-lab/1',
    version: VERSION,
    config,
    classes,
    epoch: 0,
    step: 0,
    metrics: {},
    dataset: { name: origin.scheme, fingerprint: '' },
    engine: origin.scheme,
    created: mtime.toISOString(),
    origin,
  };
  return { path: origin.file, meta, spec, params };
}

/** A checkpoint that lies in no run speaks for itself. */
export async function foreignInfo({ path: file, meta }: Checkpoint): Promise<CheckpointInfo> {
  const { size, mtime } = await stat(file);
  const { config, classes, epoch, step, metrics, origin } = meta;
  return {
    path: file,
    run: file,
    runName: config.name ?? path.basename(file, '.safetensors'),
    epoch,
    step,
    best: false,
    last: false,
    bytes: size,
    modified: mtime.toISOString(),
    metrics,
    classKey: classKey(classes),
    ...(origin && { scheme: origin.scheme }),
    ...(origin && config.dataset.path === undefined && { withoutImages: true }),
  };
}

/** Writes what a training needs beside the weights (`weightsOf`) to go on bit for bit: both moments and the cursor. */
export async function saveTrainPoint(file: string, point: TrainPoint): Promise<void> {
  const { state, ...cursor } = point;
  const tensors = new Map<string, FloatTensor>();
  // The weights file holds the average; those that the training goes on with are kept here.
  if (state.average) for (const [name, tensor] of state.params) tensors.set(`p.${name}`, tensor);
  for (const [name, tensor] of state.m) tensors.set(`m.${name}`, tensor);
  for (const [name, tensor] of state.v) tensors.set(`v.${name}`, tensor);
  await writeTensors(file, tensors, {
    format: `${STATE}/1`,
    version: VERSION,
    cursor: JSON.stringify({ ...cursor, step: state.step }),
    weights: digest(weightsOf(state)),
  });
}

/**
 * Reads a training state. `params` are the weights saved with it; those of another step are refused.
 *
 * @param trained those that have moments; without it, all but running statistics
 */
export async function loadTrainPoint(file: string, params: TensorMap, trained?: readonly Pick<ParamSpec, 'name'>[]): Promise<TrainPoint> {
  const { tensors, metadata } = verified(await openModelFile(file), STATE);
  if (metadata['weights'] !== digest(params)) {
    throw new UserError(l10n.t('{0} belongs to other weights than those it was opened with.', file), { file });
  }
  const expected = new Map<string, readonly number[]>();
  const has = (kind: string): boolean => [...tensors.keys()].some((name) => name.startsWith(`${kind}.`));
  const average = has('p');
  // An optimizer of one moment has no second.
  const kept = ['m', ...(has('v') ? ['v'] : [])];
  const moments = trained?.map(({ name }) => name) ?? [...params.keys()].filter((name) => !isBuffer(name));
  const moving = new Set(moments);
  for (const [name, { shape }] of params) for (const kind of [...(average ? ['p'] : []), ...(moving.has(name) ? kept : [])]) expected.set(`${kind}.${name}`, shape);
  refuseMismatch(file, compareShapes(expected, tensors));
  const written = fromJson(metadata['cursor']);
  const cursor = cursorSchema.safeParse(written);
  if (!cursor.success) throw damaged(file, complaints(cursor.error, written));
  const { step, plateau, ...rest } = cursor.data;
  const part = (prefix: string, names: Iterable<string>): TensorMap => new Map([...names].map((name) => [name, tensors.get(prefix + name)!]));
  const weights = average ? { params: part('p.', params.keys()), average: params } : { params };
  return { state: { ...weights, m: part('m.', moments), v: has('v') ? part('v.', moments) : new Map<string, FloatTensor>(), step }, ...rest, ...(plateau && { plateau }) };
}

/** sha256 (hex) over the values of all tensors, in the order of their names: equals that of a file's payload. */
export function digest(tensors: TensorMap): string {
  const hash = createHash('sha256');
  for (const name of [...tensors.keys()].sort()) hash.update(bytesOf(tensors.get(name)!.data));
  return hash.digest('hex');
}

async function writeTensors(file: string, tensors: TensorMap, metadata: Readonly<Record<string, string | undefined>>): Promise<void> {
  const said = Object.entries(metadata).filter((entry): entry is [string, string] => entry[1] !== undefined);
  await writeFileAtomic(file, serialiseSafetensors(tensors, { ...Object.fromEntries(said), sha256: digest(tensors) }));
}

function isOwn({ metadata }: ModelFile): boolean {
  return (metadata['format'] ?? '').startsWith(WEIGHTS);
}

function verified(found: ModelFile, kind: string): { readonly metadata: ModelFile['metadata']; readonly tensors: TensorMap } {
  checkFormat(found.file, found.metadata, kind);
  if (digest(found.tensors) !== found.metadata['sha256']) {
    throw damaged(found.file, l10n.t('its checksum (sha256) does not match'));
  }
  return { metadata: found.metadata, tensors: new Map([...found.tensors].map(([name, { shape, data }]) => [name, { shape, data }])) };
}

function checkFormat(file: string, metadata: Readonly<Record<string, string>>, kind: string): void {
  const [name, number] = (metadata['format'] ?? '').split('/');
  if (name !== kind) {
    throw new UserError(
      kind === WEIGHTS
        ? l10n.t('{0} holds tensors, but it is not a checkpoint of ViT Lab.', file)
        : l10n.t('{0} holds no training state of ViT Lab.', file),
      { file },
    );
  }
  if (Number(number) > 1) {
    throw new UserError(l10n.t('{0} was made by a newer version of ViT Lab ({1}); this is {2}. Update ViT Lab.', file, metadata['version'] ?? '?', VERSION), { file });
  }
}

function readMeta(file: string, metadata: Readonly<Record<string, string>>): CheckpointMeta {
  const written = {
    ...metadata,
    config: fromJson(metadata['config']),
    classes: fromJson(metadata['classes']),
    origin: fromJson(metadata['origin']),
    epoch: Number(metadata['epoch']),
    step: Number(metadata['step']),
    metrics: fromJson(metadata['metrics']),
    dataset: fromJson(metadata['dataset']),
  };
  const parsed = metaSchema.safeParse(written);
  if (!parsed.success) throw damaged(file, complaints(parsed.error, written));
  const { origin, ...meta } = parsed.data;
  return { ...meta, ...(origin && { origin }) };
}

/** Anything that is no JSON becomes `undefined`, which no schema here accepts. */
function fromJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function damaged(file: string, reason: string): UserError {
  return new UserError(l10n.t('{0} is damaged: {1}', file, reason), { file });
}

/** One line for every tensor that is missing, has another shape, or does not belong. */
function compareShapes(expected: ReadonlyMap<string, readonly number[]>, found: TensorMap): string[] {
  const faults: string[] = [];
  for (const [name, shape] of expected) {
    const tensor = found.get(name);
    if (tensor === undefined) faults.push(l10n.t('{0} [{1}] is missing', name, shape.join(', ')));
    else if (tensor.shape.join() !== shape.join()) {
      faults.push(l10n.t('{0} is [{1}], but the model needs [{2}]', name, tensor.shape.join(', '), shape.join(', ')));
    }
  }
  for (const name of found.keys()) if (!expected.has(name)) faults.push(l10n.t('{0} does not belong to the model', name));
  return faults;
}

function refuseMismatch(file: string, faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new UserError([l10n.t('The tensors of {0} do not fit its model:', file), ...faults.map((fault) => `- ${fault}`)].join('\n'), { file });
}
