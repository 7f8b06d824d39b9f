import type { Dataset, Split } from '../dataset/dataset';
import { limitEvenly } from '../dataset/split';

/** A part of a dataset, drawn evenly over the classes as `dataset.limit` does it. */
export function partOf(dataset: Dataset, counts: { readonly train: number; readonly val: number; readonly test: number }): Dataset {
  const { train, val, test } = dataset.splits;
  const part = (split: Split, most: number): Split => drawn(split, dataset.classes.length, most);
  return { ...dataset, splits: { train: part(train, counts.train), val: part(val, counts.val), test: part(test, counts.test) } };
}

function drawn(split: Split, classes: number, most: number): Split {
  const size = Math.min(split.size, most);
  if (size === split.size) return split;
  const places = Int32Array.from(limitEvenly([...split.labels], classes, size, 0, 'estimate'));
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
