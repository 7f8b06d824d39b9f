import { residualBlocks, type BlockConvolution } from './resnetParams';
import { stageBlocks } from './resnetv2Params';
import type { ViTSpec } from './spec';

/** A convolution or a max-pool, in the order of the longest path from the image on. */
export interface ConvLayer {
  readonly kind: 'convolution' | 'pool';
  /** Side of its window. */
  readonly kernel: number;
  readonly stride: number;
  readonly from: number;
  readonly to: number;
  /** Sides of what it makes. */
  readonly made: readonly [height: number, width: number];
  /** Of a shortcut, which lies beside the path. */
  readonly beside: boolean;
}

type Layer = Omit<ConvLayer, 'made'>;

/** The convolutions and pools of a network, of a stem before the blocks too; none in a network of patches alone. */
export function convLayers(spec: ViTSpec): readonly ConvLayer[] {
  let [height, width] = spec.imageSize;
  return layersOf(spec).map((layer) => {
    const made = [Math.ceil(height / layer.stride), Math.ceil(width / layer.stride)] as const;
    if (!layer.beside) [height, width] = made;
    return { ...layer, made };
  });
}

function layersOf(spec: ViTSpec): readonly Layer[] {
  if (spec.architecture === 'resnet') {
    const large = spec.stemType === 'imagenet';
    const stem = convolution(large ? 7 : 3, large ? 2 : 1, spec.channels, spec.width);
    return [stem, ...(large ? [pool(spec.width)] : []), ...residualBlocks(spec).flatMap(ofBlock)];
  }
  if (spec.projection === 'resnetv2') return [convolution(7, 2, spec.channels, spec.stemWidth), pool(spec.stemWidth), ...stageBlocks(spec).flatMap(ofBlock)];
  if (spec.projection === 'conv_stem') return spec.stem.flatMap((made, i) => [convolution(3, 1, spec.stem[i - 1] ?? spec.channels, made), pool(made)]);
  return [];
}

/** The shortcut first: it sees what the block sees. */
function ofBlock({ convolutions, shortcut }: { readonly convolutions: readonly BlockConvolution[]; readonly shortcut?: BlockConvolution }): Layer[] {
  const layer = ({ kernel, stride, from, to }: BlockConvolution, beside: boolean): Layer => ({ kind: 'convolution', kernel, stride, from, to, beside });
  return [...(shortcut ? [layer(shortcut, true)] : []), ...convolutions.map((one) => layer(one, false))];
}

function convolution(kernel: number, stride: number, from: number, to: number): Layer {
  return { kind: 'convolution', kernel, stride, from, to, beside: false };
}

function pool(channels: number): Layer {
  return { kind: 'pool', kernel: 3, stride: 2, from: channels, to: channels, beside: false };
}

/** Multiply-adds of all of them for one image. */
export function convMacs(spec: ViTSpec): number {
  return convLayers(spec).reduce((sum, { kind, kernel, from, to, made: [h, w] }) => sum + (kind === 'pool' ? 0 : kernel ** 2 * from * to * h * w), 0);
}

/** Numbers that they make of one image. */
export function convOutputs(spec: ViTSpec): readonly number[] {
  return convLayers(spec).map(({ to, made: [h, w] }) => to * h * w);
}

/** Side in pixels of the square of the image that one position at their end sees, the image's border left out of account; and how far apart two of them lie. */
export function receptiveField(spec: ViTSpec): { readonly side: number; readonly step: number } {
  return convLayers(spec).filter(({ beside }) => !beside).reduce(({ side, step }, { kernel, stride }) => ({ side: side + (kernel - 1) * step, step: step * stride }), { side: 1, step: 1 });
}
