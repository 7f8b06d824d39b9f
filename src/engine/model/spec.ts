import type { ImageConfig, ModelConfig } from '../config/schema';

/** Everything that fixes the shape of a network; made from `image`, `model` and the number of classes. */
export interface ViTSpec {
  /** A `resnet` has the width of its first stage, no blocks, and no patches: its one patch is the whole image. */
  readonly architecture: ModelConfig['architecture'];
  /** Height and width that the network is given, after `patch_fit`: multiples of the patch. */
  readonly imageSize: readonly [number, number];
  readonly channels: number;
  readonly classes: number;
  readonly patchSize: readonly [number, number];
  readonly projection: ModelConfig['projection'];
  /** Channels of each convolution of `conv_stem`, the last of width D; none without it. */
  readonly stem: readonly number[];
  readonly posEmbed: ModelConfig['pos_embed'];
  readonly pool: ModelConfig['global_pool'];
  readonly depth: number;
  readonly heads: number;
  readonly width: number;
  readonly mlpWidth: number;
  readonly activation: ModelConfig['act_layer'];
  readonly dropRate: number;
  readonly dropPathRate: number;
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
  if (model.architecture === 'resnet') return { ...shared, ...withoutBlocks, patchSize: shared.imageSize };
  return {
    ...shared,
    patchSize: pairOf(model.patch_size),
    projection: model.projection,
    stem: stemOf(model),
    posEmbed: model.pos_embed,
    pool: model.global_pool,
    depth: model.depth,
    heads: model.num_heads,
    mlpWidth: mlpWidthOf(model),
    activation: model.act_layer,
    dropRate: model.drop_rate,
    dropPathRate: model.drop_path_rate,
  };
}

/** Hidden units of the MLP of a block. */
export function mlpWidthOf({ embed_dim: width, mlp_ratio: ratio }: ModelConfig): number {
  return Math.round(width * ratio);
}

/** What a network of convolutions alone does not have. */
const withoutBlocks = {
  projection: 'conv',
  stem: [],
  posEmbed: 'none',
  pool: 'avg',
  depth: 0,
  heads: 1,
  mlpWidth: 0,
  activation: 'relu',
  dropRate: 0,
  dropPathRate: 0,
} as const satisfies Partial<ViTSpec>;

/** e.g. "vit-p4-d64-l6"; a stem of convolutions makes it "cct-…". */
export function networkName({ architecture, patchSize: [height, width], width: D, depth, projection }: ViTSpec): string {
  if (architecture === 'resnet') return `resnet18-d${D}`;
  const patch = height === width ? `p${height}` : `p${height}x${width}`;
  return `${projection === 'conv_stem' ? 'cct' : 'vit'}-${patch}-d${D}-l${depth}`;
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

/** Tokens that are no patches: 1 with a class token. */
export function prefixCount(spec: ViTSpec): number {
  return spec.pool === 'token' ? 1 : 0;
}

/** Tokens T, prefix included. */
export function tokenCount(spec: ViTSpec): number {
  const [rows, columns] = gridOf(spec);
  return rows * columns + prefixCount(spec);
}
