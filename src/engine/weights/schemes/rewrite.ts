import type { FloatTensor } from '../../tensors';
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

/** Gives every tensor its new name by the first rule that knows it. Two that would get one name are an error of the caller's rules. */
export function rewrite(tensors: ReadonlyMap<string, StoredTensor>, rules: readonly Rule[], nameOf: (name: string) => string = (name) => name): Rewritten {
  const out: Rewritten = { named: new Map(), ignored: [], unknown: [] };
  for (const [original, stored] of tensors) {
    const name = nameOf(original);
    const rule = rules.find(({ of }) => of.test(name));
    if (!rule) out.unknown.push({ name: original, shape: stored.shape });
    else if ('ignored' in rule) out.ignored.push({ name: original, shape: stored.shape, reason: rule.ignored });
    else out.named.set(name.replace(rule.of, rule.to), transformed(original, stored, rule.does));
  }
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

export function transpose({ shape, data }: FloatTensor): FloatTensor {
  const [rows = 1, columns = 1] = shape;
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  return { shape: [columns, rows], data: out };
}

/** Several tensors, one after the other along the first axis. */
export function stacked(parts: readonly FloatTensor[]): FloatTensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { shape: [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...parts[0]!.shape.slice(1)], data };
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
        tensor: stacked(whole.map(({ tensor }) => tensor)),
        from: whole.flatMap(({ from }) => from),
        changes: [...new Set<Change>(['joined', ...whole.flatMap(({ changes }) => changes)])],
      });
    }
}
