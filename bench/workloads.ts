/** What is measured: the shapes, by the names of the results. Both sides get the same ones. */

export interface Shape {
  readonly architecture: 'vit' | 'cct' | 'resnet';
  /** Pixels, square, three channels. */
  readonly size: number;
  readonly patch: number;
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  readonly mlp: number;
  readonly classes: number;
  readonly batch: number;
}

export interface Workload {
  readonly name: string;
  readonly kind: 'train' | 'infer' | 'memory';
  readonly shape: Shape;
  /** All attention maps come along. */
  readonly maps?: boolean;
  /** Our side computes linear layers in 8 bits; the other side is our own float32. */
  readonly int8?: boolean;
}

const vit = (size: number, patch: number, dim: number, depth: number, heads: number, mlp: number, classes: number, batch: number): Shape => ({
  architecture: 'vit', size, patch, dim, depth, heads, mlp, classes, batch,
});

const fm = vit(28, 4, 64, 6, 4, 2, 10, 128);
const d128 = vit(32, 4, 128, 6, 8, 2, 10, 128);
const cifar = vit(32, 4, 192, 9, 12, 2, 10, 128);
const ti224 = vit(224, 16, 192, 12, 3, 4, 1000, 16);
const b16 = vit(224, 16, 768, 12, 12, 4, 1000, 1);
const ti16 = vit(224, 16, 192, 12, 3, 4, 1000, 1);
/** CCT-2/3x2 (Hassani et al. 2021): two 3 × 3 convolutions, two blocks. */
const cct: Shape = { architecture: 'cct', size: 32, patch: 4, dim: 128, depth: 2, heads: 2, mlp: 1, classes: 10, batch: 128 };
/** ResNet-18 for small images: 3 × 3 stem, no pooling behind it. */
const resnet18: Shape = { architecture: 'resnet', size: 32, patch: 4, dim: 64, depth: 18, heads: 1, mlp: 1, classes: 10, batch: 128 };

export const workloads: readonly Workload[] = [
  { name: 'train/fm', kind: 'train', shape: fm },
  { name: 'train/d128', kind: 'train', shape: d128 },
  { name: 'train/cifar', kind: 'train', shape: cifar },
  { name: 'train/ti224', kind: 'train', shape: ti224 },
  { name: 'train/cct', kind: 'train', shape: cct },
  { name: 'train/resnet18', kind: 'train', shape: resnet18 },
  { name: 'infer/b16', kind: 'infer', shape: b16 },
  { name: 'infer/b16-maps', kind: 'infer', shape: b16, maps: true },
  { name: 'infer/ti16', kind: 'infer', shape: ti16 },
  { name: 'infer/ti16', kind: 'infer', shape: { ...ti16, batch: 64 } },
  { name: 'infer/b16-int8', kind: 'infer', shape: b16, int8: true },
  { name: 'memory/fm', kind: 'memory', shape: fm },
  { name: 'memory/d128', kind: 'memory', shape: d128 },
  { name: 'memory/cifar', kind: 'memory', shape: cifar },
  { name: 'memory/ti224', kind: 'memory', shape: ti224 },
  { name: 'memory/cct', kind: 'memory', shape: cct },
  { name: 'memory/resnet18', kind: 'memory', shape: resnet18 },
];

/** For the scaling pictures: tokens N at one width, and widths at one N. */
export const scaling: readonly { readonly by: 'tokens' | 'width'; readonly shape: Shape }[] = [
  ...[16, 64, 144, 256, 576, 1024].map((N) => ({ by: 'tokens' as const, shape: vit(Math.sqrt(N) * 4, 4, 128, 4, 4, 2, 10, 16) })),
  ...[64, 128, 192, 256, 384, 512].map((D) => ({ by: 'width' as const, shape: vit(32, 4, D, 4, 4, 2, 10, 64) })),
];
