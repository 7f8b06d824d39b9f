import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import * as l10n from '@vscode/l10n';
import { loadCheckpoint, type Checkpoint } from '../checkpoint';
import type { Config, FinetuneConfig } from '../config/schema';
import type { StartFacts } from '../config/start';
import { initParams, paramSpecs, type ParamSpec } from '../model/params';
import { gridOf, type ViTSpec } from '../model/spec';
import { isHead } from '../model/tuning';
import type { Origin } from '../../protocol';
import type { RunRecord } from '../runs/files';
import { resolveCheckpoint } from '../runStore';
import type { FloatTensor, TensorMap } from '../tensors';
import { UserError } from '../userError';
import { resizePositions } from '../pretrained/resize';
import { versionOf } from '../weights/modelFile';

/** What a run records of the weights that it started from. */
export type StartRecord = NonNullable<RunRecord['start']>;

/** Weights to start from, fitted to a network. */
export interface Start {
  readonly params: TensorMap;
  readonly record: StartRecord;
  /** What was matched, where the weights are of another project. */
  readonly origin?: Origin;
  /** What was kept, replaced and resized, for people. */
  readonly notes: readonly string[];
}

/** Those that were looked into last, so that checking a configuration at every key reads a file once. */
const seen = new Map<string, StartFacts>();

/** What the weights say of their network. */
export async function startFacts(from: string): Promise<StartFacts> {
  const file = await resolveCheckpoint(from);
  const key = await versionOf(file);
  const known = seen.get(key);
  if (known) return known;
  const { meta } = await loadCheckpoint(file);
  const facts = { path: file, image: meta.config.image, model: meta.config.model };
  seen.clear();
  seen.set(key, facts);
  return facts;
}

/**
 * Loads the weights that a configuration starts from and fits them to its network: another classifier for other classes,
 * positions of another grid for another image size.
 *
 * @param from absolute
 * @throws UserError when the classifier shall be kept and cannot be, or a tensor does not fit
 */
export async function openStart(from: string, config: Config & { readonly finetune: FinetuneConfig }, spec: ViTSpec, classes: readonly string[]): Promise<Start> {
  const checkpoint = await loadCheckpoint(await resolveCheckpoint(from));
  const head = headOf(config.finetune, checkpoint, classes);
  const resized: string[] = [];
  const fresh = head === 'new' ? newHead(spec, config) : new Map<string, FloatTensor>();
  const params = new Map(
    paramSpecs(spec).map((param) => {
      const given = fresh.get(param.name) ?? checkpoint.params.get(param.name);
      const fitting = fitted(param, given, checkpoint, spec);
      if (fitting !== given) resized.push(param.name);
      return [param.name, fitting];
    }),
  );
  const { path: file, meta } = checkpoint;
  const record = { path: file, sha256: await sha256Of(file), scheme: meta.origin?.scheme ?? 'vit-lab', epoch: meta.epoch, metrics: { ...meta.metrics }, classes: meta.classes.length, head, resized };
  return { params, record, notes: notesOf(record, config, checkpoint, spec), ...(meta.origin && { origin: meta.origin }) };
}

function headOf({ head }: FinetuneConfig, { path: file, meta }: Checkpoint, classes: readonly string[]): StartRecord['head'] {
  if (head === 'keep' && meta.classes.length !== classes.length) {
    throw new UserError(l10n.t('finetune.head: keep needs as many classes as the weights {0} have, {1}; the dataset has {2}.', file, meta.classes.length, classes.length), { file });
  }
  if (head !== 'auto') return head === 'keep' ? 'kept' : 'new';
  return JSON.stringify(meta.classes) === JSON.stringify(classes) ? 'kept' : 'new';
}

function newHead(spec: ViTSpec, { finetune, seed }: Config): TensorMap {
  const drawn = [...initParams(spec, seed)].filter(([name]) => isHead(name));
  return new Map(drawn.map(([name, tensor]) => [name, finetune?.zero_head ? { ...tensor, data: new Float32Array(tensor.data.length) } : tensor]));
}

function fitted({ name, shape }: ParamSpec, given: FloatTensor | undefined, { path: file, spec: from, meta }: Checkpoint, spec: ViTSpec): FloatTensor {
  if (given?.shape.join() === shape.join()) return given;
  if (given && name === 'pos_embed') {
    const [rows, columns] = gridOf(from);
    return resizePositions(given, given.shape[1]! - rows * columns, [rows, columns], gridOf(spec), meta.origin?.positions ?? 'timm');
  }
  const found = given ? `[${given.shape.join(', ')}]` : l10n.t('missing');
  throw new UserError(l10n.t('The weights {0} do not fit the network: {1} is {2}, but [{3}] is needed.', file, name, found, shape.join(', ')), { file });
}

function notesOf({ path: file, head, classes, resized }: StartRecord, { finetune, image }: Config, from: Checkpoint, spec: ViTSpec): string[] {
  const counts = [spec.classes, classes] as const;
  const fresh = finetune?.zero_head
    ? l10n.t('New classifier for the {0} classes of the dataset in place of that of the weights for {1}; it starts at zero.', ...counts)
    : l10n.t('New classifier for the {0} classes of the dataset in place of that of the weights for {1}; it starts at random.', ...counts);
  const alike = JSON.stringify([image.mean, image.std]) === JSON.stringify([from.meta.config.image.mean, from.meta.config.image.std]);
  const numbers = [image.mean.join(', '), image.std.join(', ')] as const;
  return [
    from.meta.origin ? l10n.t('Starts from {0} ({1})', file, from.meta.origin.scheme) : l10n.t('Starts from {0}', file),
    head === 'new' ? fresh : l10n.t('The classifier of the weights is kept: {0} classes.', classes),
    ...(resized.length > 0 ? [l10n.t('Positions resized from {0} to {1} patches.', gridOf(from.spec).join(' × '), gridOf(spec).join(' × '))] : []),
    alike ? l10n.t('Images are normalised as for the weights: mean {0}, std {1}.', ...numbers) : l10n.t('Images are normalised otherwise than for the weights: mean {0}, std {1}.', ...numbers),
  ];
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
