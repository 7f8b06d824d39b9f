import type { FinetuneConfig } from '../config/schema';
import type { ParamSpec } from './params';
import type { Tuning, ViTSpec } from './spec';

export interface TunedSpec extends ParamSpec {
  /** Whether a step changes it: true for what is trained and for running statistics, false for what is frozen. */
  readonly updated: boolean;
  /** Factor of its learning rate. */
  readonly lrScale: number;
}

/** The network as a training sees it. What asks for nothing special stays as it is, and with it the graphs that are compiled. */
export function tunedFor(spec: ViTSpec, finetune: FinetuneConfig | undefined): ViTSpec {
  if (!finetune || (finetune.unfreeze === 'all' && finetune.layer_decay === 1)) return spec;
  return { ...spec, tuning: { unfreeze: finetune.unfreeze, layerDecay: finetune.layer_decay } };
}

/** The parameters as they are trained. Running statistics of a frozen layer stay, too: it normalises by them, as timm's `freeze_batch_norm_2d` has it. */
export function tuned(specs: readonly ParamSpec[], tuning: Tuning | undefined): readonly TunedSpec[] {
  if (!tuning) return specs.map((param) => ({ ...param, updated: true, lrScale: 1 }));
  const layers = layersOf(specs.map(({ name }) => name));
  const last = Math.max(...layers.values());
  return specs.map((param) => {
    const layer = layers.get(param.name)!;
    const updated = isUnfrozen(param.name, layer, last, tuning.unfreeze);
    return { ...param, trained: param.trained && updated, updated, lrScale: updated ? tuning.layerDecay ** (last - layer) : 1 };
  });
}

/** Layer `last` is behind the blocks, and blocks are the layers before it. */
function isUnfrozen(name: string, layer: number, last: number, unfreeze: Tuning['unfreeze']): boolean {
  if (unfreeze === 'all' || isHead(name)) return true;
  return unfreeze !== 'head' && layer >= Math.max(1, last - unfreeze);
}

/** Whether a parameter belongs to the classifier, which has a row for each class. */
export function isHead(name: string): boolean {
  return /^(head|head_dist|fc)\./.test(name);
}

/** What stands before the blocks. */
const STEM = /^(cls_token|dist_token|reg_token|pos_embed|patch_embed|norm_pre|tokenizer|stem|conv1|bn1)(\.|$)/;
const BLOCK = /^(blocks\.\d+|layer\d+\.\d+)\./;

/**
 * The layer of each parameter for layer-wise decay, as timm's `param_groups_layer_decay` counts (after BEiT, Bao et al.
 * 2022): what stands before the blocks is 0, block i is i + 1 and the last norm belongs to the last block, the rest, head
 * and pooling, comes one after it.
 */
export function layersOf(names: readonly string[]): ReadonlyMap<string, number> {
  const blocks = [...new Set(names.flatMap((name) => BLOCK.exec(name)?.[1] ?? []))];
  const layer = (name: string): number => {
    const block = BLOCK.exec(name)?.[1];
    if (block !== undefined) return blocks.indexOf(block) + 1;
    if (STEM.test(name)) return 0;
    return name.startsWith('norm.') ? blocks.length : blocks.length + 1;
  };
  return new Map(names.map((name) => [name, layer(name)]));
}
