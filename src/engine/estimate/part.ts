import type { Dataset, Split } from '../dataset/dataset';

/** A part of a dataset, spread evenly over it: in its order, so that classes stay as common as they are. */
export function partOf(dataset: Dataset, counts: { readonly train: number; readonly val: number; readonly test: number }): Dataset {
  const { train, val, test } = dataset.splits;
  return { ...dataset, splits: { train: spread(train, counts.train), val: spread(val, counts.val), test: spread(test, counts.test) } };
}

function spread(split: Split, wanted: number): Split {
  const size = Math.min(split.size, wanted);
  if (size === split.size) return split;
  const places = Int32Array.from({ length: size }, (_, i) => Math.floor((i * split.size) / size));
  const inWhole = (indices: Int32Array): Int32Array => indices.map((index) => places[index]!);
  const { shared } = split;
  return {
    size,
    labels: inWhole(Int32Array.from({ length: size }, (_, i) => i)).map((place) => split.labels[place]!),
    name: (index) => split.name(places[index]!),
    read: (indices) => split.read(inWhole(indices)),
    ...(shared && { shared: { images: shared.images, wanted: (indices: Int32Array) => shared.wanted(inWhole(indices)), decode: (index: number) => shared.decode(places[index]!), settle: () => shared.settle() } }),
  };
}
