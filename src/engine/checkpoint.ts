import type { Metrics } from '../protocol';
import type { Config } from './config/schema';
import type { ViTSpec } from './model/spec';
import type { TensorMap } from './tensors';
import type { TrainPoint } from './trainer';

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
}

export interface Checkpoint {
  /** Absolute. */
  readonly path: string;
  readonly meta: CheckpointMeta;
  readonly spec: ViTSpec;
  readonly params: TensorMap;
}

/** Writes weights (timm names and layout, float32) with their metadata, atomically. */
export function saveCheckpoint(_file: string, _params: TensorMap, _meta: CheckpointMeta): Promise<void> {
  throw new Error('being built');
}

/** Reads and verifies a checkpoint: sha256, every tensor's name and shape. Throws one UserError that lists all faults. */
export function loadCheckpoint(_file: string): Promise<Checkpoint> {
  throw new Error('being built');
}

/** Writes what a training needs beside the weights to go on bit for bit: moments and cursor. */
export function saveTrainPoint(_file: string, _point: TrainPoint): Promise<void> {
  throw new Error('being built');
}

/** Reads a training state; `params` are the weights of the checkpoint saved with it. */
export function loadTrainPoint(_file: string, _params: TensorMap): Promise<TrainPoint> {
  throw new Error('being built');
}
