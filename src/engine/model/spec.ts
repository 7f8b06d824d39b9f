import type { FinetuneConfig, ImageConfig, ModelConfig } from '../config/schema';

/** Everything that fixes the shape of a network; made from `image`, `model` and the number of classes. */
export interface ViTSpec {
  /**
   * A `resnet` has the width of its first stage, no blocks of the kind that `depth` counts, and no patches: its one patch is the whole image.
   * A `mixer` has patches and blocks, and no attention.
   */
  readonly architecture: ModelConfig['architecture'];
  /** Of a `resnet`. */
  readonly block: ModelConfig['block'];
  /** Blocks in each stage of a `resnet` or of the ResNet before a hybrid's blocks; there may be none in the latter. */
  readonly layers: readonly number[];
  /** Of a `resnet`. */
  readonly stemType: ModelConfig['stem_type'];
  /** Channels of the first convolution of the ResNet before a hybrid's blocks; 0 without one. */
  readonly stemWidth: number;
  /** Height and width that the network is given, after `patch_fit`: multiples of the patch. */
  readonly imageSize: readonly [number, number];
  readonly channels: number;
  readonly classes: number;
  /** In pixels of the image, also where not pixels are cut but features. */
  readonly patchSize: readonly [number, number];
  readonly projection: ModelConfig['projection'];
  /** Channels of each convolution of `conv_stem`, the last of width D; none without it. */
  readonly stem: readonly number[];
  readonly posEmbed: ModelConfig['pos_embed'];
  readonly classToken: boolean;
  /** A second token before the patches, with a head of its own (DeiT). */
  readonly distilled: boolean;
  /** Tokens that stand behind those and belong to no class (Darcet et al. 2024). */
  readonly regTokens: number;
  /** Whether only patches have a position. */
  readonly noEmbedClass: boolean;
  /** A norm between positions and blocks (CLIP); the patch projection then has no bias. */
  readonly preNorm: boolean;
  readonly pool: ModelConfig['global_pool'];
  /** Whether the mean of all tokens is taken, and not of the patches only. */
  readonly poolIncludePrefix: boolean;
  /** Whether the last norm comes behind the pooling. */
  readonly fcNorm: boolean;
  readonly depth: number;
  readonly heads: number;
  readonly attention: ModelConfig['attention'];
  readonly width: number;
  /** Outputs of the MLP's first layer; of `swiglu` half of them are the gate. */
  readonly mlpWidth: number;
  /** Hidden units of the MLP over the patches, of a `mixer`; else 0. */
  readonly tokenMlpWidth: number;
  readonly mlp: ModelConfig['mlp_layer'];
  readonly activation: ModelConfig['act_layer'];
  readonly norm: ModelConfig['norm_layer'];
  readonly normEps: number;
  /** False for norms behind the sum of a block's input and output (Vaswani et al. 2017) instead of before its layers. */
  readonly normFirst: boolean;
  /** Attention and MLP of a block read the same rows, and their sum is added to them. */
  readonly parallelBlocks: boolean;
  readonly qkNorm: boolean;
  readonly qkvBias: boolean;
  /** Biases of the attention's projection and of the MLP. */
  readonly projBias: boolean;
  /** First value of the layer scale; 0 for none. */
  readonly initValues: number;
  readonly dropRate: number;
  readonly dropPathRate: number;
  /** Share of the patches that a training step leaves out. */
  readonly patchDropRate: number;
  /** Rows and columns of the learned positions, where images of another size than the network's are given to it. */
  readonly tableGrid?: readonly [rows: number, columns: number];
  /** Only in a training that freezes or slows a part of it. */
  readonly tuning?: Tuning;
  /**
   * Weights are read as they are: what norms and layer scales multiply by stays with the activations. The numbers are the same but
   * for rounding. Set where a network of given weights is opened: to multiply through those of a B/16 takes a second.
   */
  readonly plainWeights?: boolean;
}

/** What of a network is trained, and how fast; a network without it is trained whole at one learning rate. */
export interface Tuning {
  /** The head alone, the last N blocks with all that follows them, or everything. */
  readonly unfreeze: FinetuneConfig['unfreeze'];
  /** Factor of the learning rate from layer to layer, from the head down. */
  readonly layerDecay: number;
}

/** How images of the configured size become the network's, when a side is no multiple of the patch. */
export interface PatchFit {
  readonly how: 'none' | 'resize' | 'pad';
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

export function pairOf(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** The network's input size for an image size and patch: nearest multiple by `resize`, next multiple by `pad`. */
export function fitToPatch(image: ImageConfig, model: ModelConfig): PatchFit {
  const from = pairOf(image.size);
  const patch = model.architecture === 'resnet' ? ([1, 1] as const) : pairOf(model.patch_size);
  const round = model.patch_fit === 'pad' ? Math.ceil : Math.round;
  const fit = (side: number, p: number): number => Math.max(1, round(side / p)) * p;
  const to = [fit(from[0], patch[0]), fit(from[1], patch[1])] as const;
  return { how: to[0] === from[0] && to[1] === from[1] ? 'none' : model.patch_fit, from, to };
}

/** The network that a configuration describes. */
export function vitSpec(image: ImageConfig, model: ModelConfig, classes: number): ViTSpec {
  const shared = { architecture: model.architecture, imageSize: fitToPatch(image, model).to, channels: image.channels, classes, width: model.embed_dim } as const;
  if (model.architecture === 'resnet') {
    const { block, layers = [2, 2, 2, 2], stem_type: stemType } = model;
    return { ...shared, ...withoutBlocks, block, layers, stemType, patchSize: shared.imageSize };
  }
  const mixes = model.architecture === 'mixer';
  const hybrid = model.projection === 'resnetv2';
  return {
    ...shared,
    ...plainParts,
    patchSize: pairOf(model.patch_size),
    projection: model.projection,
    stem: stemOf(model),
    layers: hybrid ? (model.layers ?? []) : [],
    stemWidth: hybrid ? model.stem_dim : 0,
    ...(mixes ? meanOfPatches : tokensOf(model)),
    depth: model.depth,
    heads: mixes ? 1 : model.num_heads,
    attention: model.attention,
    mlpWidth: mlpWidthOf(model),
    tokenMlpWidth: mixes ? tokenMlpWidthOf(model) : 0,
    mlp: model.mlp_layer,
    activation: model.act_layer,
    norm: model.norm_layer,
    normEps: model.norm_eps,
    normFirst: model.norm_first,
    parallelBlocks: model.parallel_blocks,
    qkNorm: model.qk_norm,
    qkvBias: model.qkv_bias,
    projBias: model.proj_bias,
    initValues: model.init_values ?? 0,
    dropRate: model.drop_rate,
    dropPathRate: model.drop_path_rate,
    patchDropRate: mixes ? 0 : model.patch_drop_rate,
  };
}

/** Which tokens there are, what they get and how they are pooled; what is left open follows from the pooling, as in timm. */
function tokensOf(model: ModelConfig) {
  const { global_pool: pool } = model;
  return {
    posEmbed: model.pos_embed,
    classToken: hasClassToken(model),
    distilled: model.distilled,
    regTokens: model.reg_tokens,
    noEmbedClass: model.no_embed_class,
    preNorm: model.pre_norm,
    pool,
    poolIncludePrefix: model.pool_include_prefix,
    fcNorm: model.fc_norm ?? pool === 'avg',
  } satisfies Partial<ViTSpec>;
}

/** Whether there is a class token: where nothing is said of it, when one is pooled. */
export function hasClassToken({ class_token: said, global_pool: pool }: ModelConfig): boolean {
  return said ?? (pool === 'token' || pool === 'token_avg');
}

/** Outputs of the first layer of a block's MLP. */
export function mlpWidthOf({ embed_dim: width, mlp_ratio: ratio }: ModelConfig): number {
  return Math.round(width * ratio);
}

/** Hidden units of the MLP over the patches of a Mixer. */
export function tokenMlpWidthOf({ embed_dim: width, token_mlp_ratio: ratio }: ModelConfig): number {
  return Math.round(width * ratio);
}

/** Of the parts that a Vision Transformer may have, what the paper's has (Dosovitskiy et al. 2021). */
export const plainParts = {
  block: 'basic',
  layers: [],
  stemType: 'small',
  stemWidth: 0,
  tokenMlpWidth: 0,
  attention: 'global',
  classToken: true,
  distilled: false,
  regTokens: 0,
  noEmbedClass: false,
  preNorm: false,
  poolIncludePrefix: false,
  fcNorm: false,
  mlp: 'mlp',
  norm: 'layernorm',
  normEps: 1e-6,
  normFirst: true,
  parallelBlocks: false,
  qkNorm: false,
  qkvBias: true,
  projBias: true,
  initValues: 0,
} as const satisfies Partial<ViTSpec>;

/** Tokens of patches alone, whose mean is classified. */
const meanOfPatches = { posEmbed: 'none', classToken: false, pool: 'avg' } as const satisfies Partial<ViTSpec>;

/** What a network of convolutions alone does not have. */
const withoutBlocks = {
  ...plainParts,
  ...meanOfPatches,
  projection: 'conv',
  stem: [],
  depth: 0,
  heads: 1,
  mlpWidth: 0,
  activation: 'relu',
  dropRate: 0,
  dropPathRate: 0,
  patchDropRate: 0,
} as const satisfies Partial<ViTSpec>;

/** e.g. "vit-p4-d64-l6"; a stem of convolutions makes it "cct-…", a ResNet before the blocks "hybrid-…". */
export function networkName(spec: ViTSpec): string {
  const { architecture, patchSize: [height, width], width: D, depth } = spec;
  if (architecture === 'resnet') return `resnet${resnetDepth(spec)}-d${D}`;
  const patch = height === width ? `p${height}` : `p${height}x${width}`;
  return `${kindOf(spec)}-${patch}-d${D}-l${depth}`;
}

/** "spt", "lsa" and both of them, "sl-vit", are the words of their authors. */
function kindOf({ architecture, projection, attention }: ViTSpec): string {
  if (architecture === 'mixer') return 'mixer';
  if (projection === 'conv_stem') return 'cct';
  if (projection === 'resnetv2') return 'hybrid';
  const local = attention === 'locality';
  if (projection === 'shifted_patches') return local ? 'sl-vit' : 'spt-vit';
  return local ? 'lsa-vit' : 'vit';
}

/** Layers with weights on the longest path of a ResNet, by which it is named: 18, 34, 50, 101, 152. */
export function resnetDepth({ block, layers }: Pick<ViTSpec, 'block' | 'layers'>): number {
  return 2 + (block === 'basic' ? 2 : 3) * layers.reduce((sum, count) => sum + count, 0);
}

/** Pixels of the image for each position of what the ResNet before a hybrid's blocks makes: four for its stem, and every stage but the first halves. */
export function backboneStride(layers: readonly number[]): number {
  return 4 * 2 ** Math.max(0, layers.length - 1);
}

/** Whether its blocks attend, so that there are maps of attention to look at. */
export function hasAttention({ architecture }: Pick<ViTSpec, 'architecture'>): boolean {
  return architecture === 'vit';
}

/** Each convolution halves the sides, so that one position is left for a patch of P = 2ⁿ pixels after n of them. */
function stemOf({ projection, patch_size: patch, stem_dim: dim, embed_dim: width }: ModelConfig): readonly number[] {
  if (projection !== 'conv_stem') return [];
  const count = Math.round(Math.log2(pairOf(patch)[0]));
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? dim : width));
}

/** Rows and columns of patches. */
export function gridOf(spec: ViTSpec): readonly [rows: number, columns: number] {
  return [spec.imageSize[0] / spec.patchSize[0], spec.imageSize[1] / spec.patchSize[1]];
}

export const CLASS_TOKEN = '[cls]';

/** Names of the tokens that stand before the patches, in order. */
export function prefixTokens({ classToken, distilled, regTokens }: Pick<ViTSpec, 'classToken' | 'distilled' | 'regTokens'>): readonly string[] {
  return [...(classToken ? [CLASS_TOKEN] : []), ...(distilled ? ['[dist]'] : []), ...Array.from({ length: regTokens }, (_, i) => `[reg${i + 1}]`)];
}

export function prefixCount(spec: ViTSpec): number {
  return prefixTokens(spec).length;
}

/** Tokens T, prefix included. */
export function tokenCount(spec: ViTSpec): number {
  const [rows, columns] = gridOf(spec);
  return rows * columns + prefixCount(spec);
}

/** Patches of an image that the blocks see in a training step, as timm's `PatchDropout` counts them. */
export function keptPatches(spec: ViTSpec): number {
  const [rows, columns] = gridOf(spec);
  return Math.max(1, Math.floor(rows * columns * (1 - spec.patchDropRate)));
}

/** Tokens that the blocks see in a training step, prefix included. */
export function trainedTokenCount(spec: ViTSpec): number {
  return prefixCount(spec) + keptPatches(spec);
}

/** Whether a table of positions is added to the tokens. */
export function hasTable({ posEmbed }: ViTSpec): boolean {
  return posEmbed === 'learned' || posEmbed === 'sincos1d' || posEmbed === 'sincos2d';
}

/** Rows of the position table: those of the patches, and of the prefix where it has positions. */
export function positionCount(spec: ViTSpec): number {
  const [rows, columns] = spec.tableGrid ?? gridOf(spec);
  return rows * columns + (spec.noEmbedClass ? 0 : prefixCount(spec));
}

/**
 * The network as it sees images of another size: the same parameters, learned positions being resampled in the forward
 * pass. Of its own size it is itself.
 */
export function forImages(spec: ViTSpec, [height, width]: readonly [height: number, width: number]): ViTSpec {
  if (spec.imageSize[0] === height && spec.imageSize[1] === width) return spec;
  const imageSize = [height, width] as const;
  if (spec.architecture === 'resnet') return { ...spec, imageSize, patchSize: imageSize };
  return { ...spec, imageSize, ...(spec.posEmbed === 'learned' && { tableGrid: spec.tableGrid ?? gridOf(spec) }) };
}

/** Hidden units of the MLP. */
export function hiddenWidth({ mlp, mlpWidth }: ViTSpec): number {
  return mlp === 'swiglu' ? mlpWidth / 2 : mlpWidth;
}

/** Width of what the head reads: the class token beside the mean of the patches is twice as wide as either. */
export function pooledWidth({ pool, width }: ViTSpec): number {
  return pool === 'token_avg' ? 2 * width : width;
}

/** Width of the logits: a number for each class, or without a head what it would read. */
export function outputWidth(spec: ViTSpec): number {
  return spec.classes > 0 ? spec.classes : pooledWidth(spec);
}
