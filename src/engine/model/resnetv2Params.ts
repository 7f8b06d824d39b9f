import { bottleneck, type BlockConvolution } from './resnetParams';
import type { ViTSpec } from './spec';

const BACKBONE = 'patch_embed.backbone';

/** A bottleneck of a stage, by timm's name. */
export interface StageBlock {
  readonly name: string;
  readonly convolutions: readonly BlockConvolution[];
  /** The first block of every stage has one. */
  readonly shortcut?: BlockConvolution;
}

type Layout = Pick<ViTSpec, 'layers' | 'stemWidth'>;

/** timm's name of the part with the first convolution and its norm: without stages the stem is the backbone. */
export function stemName({ layers }: Layout): string {
  return layers.length === 0 ? BACKBONE : `${BACKBONE}.stem`;
}

/** The bottlenecks of all stages: the first stage has four times the channels of the stem, each next one twice as many and half the sides. */
export function stageBlocks({ layers, stemWidth }: Layout): readonly StageBlock[] {
  return layers.flatMap((count, stage) => {
    const middle = stemWidth * 2 ** stage;
    const to = 4 * middle;
    return Array.from({ length: count }, (_, i): StageBlock => {
      const from = i > 0 ? to : stage > 0 ? to / 2 : stemWidth;
      const stride = i === 0 && stage > 0 ? 2 : 1;
      return { name: `${BACKBONE}.stages.${stage}.blocks.${i}`, convolutions: bottleneck(from, middle, to, stride), ...(i === 0 ? { shortcut: { kernel: 1, from, to, stride } } : {}) };
    });
  });
}

/** Channels of what the backbone makes. */
export function backboneFeatures({ layers, stemWidth }: Layout): number {
  return layers.length === 0 ? stemWidth : 4 * stemWidth * 2 ** (layers.length - 1);
}

/** Its parameters by timm's names (`resnetv2.py`), in its order: kernels [out, in, k, k], and norms [out]. */
export function backboneShapes(spec: Layout & Pick<ViTSpec, 'channels'>): readonly (readonly [name: string, shape: readonly number[]])[] {
  const { channels: C, stemWidth: S } = spec;
  const convAndNorm = (conv: string, norm: string, shape: readonly [number, ...number[]]): [string, readonly number[]][] => [
    [`${conv}.weight`, shape],
    [`${norm}.weight`, [shape[0]]],
    [`${norm}.bias`, [shape[0]]],
  ];
  return [
    ...convAndNorm(`${stemName(spec)}.conv`, `${stemName(spec)}.norm`, [S, C, 7, 7]),
    ...stageBlocks(spec).flatMap(({ name, convolutions, shortcut }) => [
      ...(shortcut ? convAndNorm(`${name}.downsample.conv`, `${name}.downsample.norm`, [shortcut.to, shortcut.from, 1, 1]) : []),
      ...convolutions.flatMap(({ kernel, from, to }, i) => convAndNorm(`${name}.conv${i + 1}`, `${name}.norm${i + 1}`, [to, from, kernel, kernel])),
    ]),
  ];
}
