import { concatenated, type FloatTensor } from '../../tensors';
import type { StoredTensor } from '../safetensors';

/** What was done to the numbers of a tensor on their way to timm's layout. */
export type Change = 'transposed' | 'reshaped' | 'joined' | 'split' | 'folded' | 'added' | `${string} → F32`;

/** A tensor under timm's name, and where it came from. */
export interface Named {
  readonly tensor: FloatTensor;
  readonly from: readonly string[];
  readonly changes: readonly Change[];
}

/** What a scheme does with the tensors of one name. */
export type Rule =
  | { readonly of: RegExp; readonly to: string; readonly does?: Transform }
  /** Known, and not needed. */
  | { readonly of: RegExp; readonly ignored: Reason };

/** Why a tensor is not needed; the words are those of `describeReason`. */
export type Reason = 'pretraining' | 'pooler' | 'text' | 'pre_logits' | 'constant' | 'decoder';

export interface Transform {
  readonly change: Change;
  readonly apply: (tensor: FloatTensor) => FloatTensor;
}

export interface Rewritten {
  readonly named: Map<string, Named>;
  readonly ignored: { readonly name: string; readonly shape: readonly number[]; readonly reason: Reason }[];
  /** No rule knows them. */
  readonly unknown: { readonly name: string; readonly shape: readonly number[] }[];
}

/** Takes every tensor out of `tensors` and gives it its new name by the first rule that knows it. The second of two that would get one name is told as unknown: neither may win unseen. */
export function rewrite(tensors: Map<string, StoredTensor>, rules: readonly Rule[], nameOf: (name: string) => string = (name) => name): Rewritten {
  const out: Rewritten = { named: new Map(), ignored: [], unknown: [] };
  for (const [original, stored] of tensors) {
    tensors.delete(original);
    const name = nameOf(original);
    const rule = rules.find(({ of }) => of.test(name));
    if (rule && 'ignored' in rule) {
      out.ignored.push({ name: original, shape: stored.shape, reason: rule.ignored });
      continue;
    }
    const renamed = rule && name.replace(rule.of, rule.to);
    if (renamed === undefined || out.named.has(renamed)) out.unknown.push({ name: original, shape: stored.shape });
    else out.named.set(renamed, transformed(original, stored, rule!.does));
  }
  scratch = new Float32Array(0);
  return out;
}

function transformed(from: string, { dtype, shape, data }: StoredTensor, does: Transform | undefined): Named {
  const tensor = does ? does.apply({ shape, data }) : { shape, data };
  return { tensor, from: [from], changes: [...(does ? [does.change] : []), ...(dtype === 'F32' ? [] : [`${dtype} → F32` as const])] };
}

/** A linear kernel [in, out] → [out, in]. */
export const transposed: Transform = { change: 'transposed', apply: (tensor) => transpose(tensor) };

/** The same numbers with other sides; a side that is −1 takes what is left. */
export function reshaped(...sides: readonly number[]): Transform {
  return {
    change: 'reshaped',
    apply: ({ shape, data }) => {
      const known = sides.filter((side) => side > 0).reduce((a, b) => a * b, 1);
      return { shape: shape.length === sides.length ? shape : sides.map((side) => (side < 0 ? data.length / known : side)), data };
    },
  };
}

/** Sides of a tile, which two caches of 4 KB hold. */
const TILE = 32;

/** Where a matrix lies while it changes places: what is thrown away for each would be in memory long before it is collected. */
let scratch = new Float32Array(0);

/** In the memory of the tensor itself, which was taken out of its file. */
export function transpose({ shape, data }: FloatTensor): FloatTensor {
  const [rows = 1, columns = 1] = shape;
  if (scratch.length < data.length) scratch = new Float32Array(data.length);
  // Tile by tile: a column of a large matrix would find none of its rows in the cache.
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE)
      for (let i = top; i < Math.min(rows, top + TILE); i++)
        for (let j = left; j < Math.min(columns, left + TILE); j++) scratch[j * rows + i] = data[i * columns + j]!;
  data.set(scratch.subarray(0, data.length));
  return { shape: [columns, rows], data };
}

/** Queries, keys and values (`….q.weight`, `….k.weight`, `….v.weight`) become one, as timm keeps them; the gate and the values of a SwiGLU, too. */
export function join({ named }: Rewritten): void {
  const joints = [
    { last: /^(.*\.attn)\.q\.(weight|bias)$/, parts: ['q', 'k', 'v'], to: 'qkv' },
    { last: /^(.*\.mlp)\.gate\.(weight|bias)$/, parts: ['gate', 'up'], to: 'fc1' },
    { last: /^(attn_pool)\.k\.(weight|bias)$/, parts: ['k', 'v'], to: 'kv' },
  ];
  for (const { last, parts, to } of joints)
    for (const name of [...named.keys()]) {
      const found = last.exec(name);
      if (!found) continue;
      const names = parts.map((part) => `${found[1]}.${part}.${found[2]}`);
      const all = names.map((one) => named.get(one));
      // One that is missing is told as missing by its joint.
      if (all.some((one) => one === undefined)) continue;
      names.forEach((one) => named.delete(one));
      const whole = all as readonly Named[];
      named.set(`${found[1]}.${to}.${found[2]}`, {
        tensor: concatenated(whole.map(({ tensor }) => tensor)),
        from: whole.flatMap(({ from }) => from),
        changes: [...new Set<Change>(['joined', ...whole.flatMap(({ changes }) => changes)])],
      });
      for (const { tensor } of whole) release(tensor.data);
    }
}

/** Gives memory back at once that nobody else looks into; the collector of garbage would wait until all tensors are read. Node.js 20 waits. */
function release({ buffer, byteLength }: Float32Array): void {
  if (byteLength === buffer.byteLength) (buffer as ArrayBufferLike & { transfer?: (length: number) => unknown }).transfer?.(0);
}
