/**
 * Reads SavedModels without anything of what writes them: the wire format is that of protobuf.dev, numbers of fields and
 * types are those of TensorFlow's `.proto` files (saved_model, meta_graph, graph, node_def, attr_value, tensor).
 */

type Field = { readonly number: number; readonly int: bigint } | { readonly number: number; readonly bytes: Buffer };

function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n];
    for (; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    if (at > bytes.length) throw new Error('A field reaches beyond its message.');
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const [number, kind] = [key >> 3, key & 7];
    if (kind === 0) yield { number, int: varint() };
    else if (kind === 1 || kind === 5) yield { number, bytes: take(kind === 1 ? 8 : 4) };
    else if (kind === 2) yield { number, bytes: take(Number(varint())) };
    else throw new Error(`Field ${number} has the unknown kind ${kind}.`);
  }
}

const bytesOf = (message: Buffer, number: number): Buffer[] => [...fieldsOf(message)].flatMap((field) => (field.number === number && 'bytes' in field ? [field.bytes] : []));
const intsOf = (message: Buffer, number: number): number[] => [...fieldsOf(message)].flatMap((field) => (field.number === number && 'int' in field ? [Number(field.int)] : []));
const textOf = (message: Buffer, number: number): string => bytesOf(message, number)[0]?.toString('utf8') ?? '';

export interface ReadNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attrs: Readonly<Record<string, unknown>>;
}

const types: Readonly<Record<number, string>> = { 1: 'DT_FLOAT', 3: 'DT_INT32', 10: 'DT_BOOL', 14: 'DT_BFLOAT16', 19: 'DT_HALF', 20: 'DT_RESOURCE' };

const shapeOf = (message: Buffer): number[] => bytesOf(message, 2).map((dim) => intsOf(dim, 1)[0] ?? 0);

function tensorOf(message: Buffer): object {
  const dtype = types[intsOf(message, 1)[0]!];
  const [content] = bytesOf(message, 4);
  const floats = bytesOf(message, 5).map((four) => four.readFloatLE());
  const ints = [...intsOf(message, 7), ...intsOf(message, 11)];
  const raw = content && Array.from({ length: content.length / 4 }, (_, i) => (dtype === 'DT_FLOAT' ? content.readFloatLE(4 * i) : content.readInt32LE(4 * i)));
  return { dtype, shape: shapeOf(bytesOf(message, 2)[0] ?? Buffer.alloc(0)), values: raw ?? [...floats, ...ints] };
}

function attrOf(message: Buffer): unknown {
  for (const field of fieldsOf(message)) {
    if ('int' in field) {
      if (field.number === 3) return Number(field.int);
      if (field.number === 5) return field.int === 1n;
      if (field.number === 6) return types[Number(field.int)];
    } else {
      if (field.number === 1) return [...intsOf(field.bytes, 3), ...intsOf(field.bytes, 6).map((type) => types[type])];
      if (field.number === 2) return field.bytes.toString('utf8');
      if (field.number === 7) return shapeOf(field.bytes);
      if (field.number === 8) return tensorOf(field.bytes);
      if (field.number === 10) return textOf(field.bytes, 1);
    }
  }
  return undefined;
}

/** The nodes of a SavedModel's only graph, by their names, and its tags. */
export function readSavedModel(model: Uint8Array): { readonly tags: readonly string[]; readonly nodes: ReadonlyMap<string, ReadNode> } {
  const [meta, ...others] = bytesOf(Buffer.from(model), 2);
  if (!meta || others.length > 0) throw new Error('Not one graph.');
  const [graph] = bytesOf(meta, 2);
  const nodes = bytesOf(graph!, 1).map((node): ReadNode => {
    const attrs = bytesOf(node, 5).map((entry) => [textOf(entry, 1), attrOf(bytesOf(entry, 2)[0]!)] as const);
    return { name: textOf(node, 1), op: textOf(node, 2), inputs: bytesOf(node, 3).map(String), attrs: Object.fromEntries(attrs) };
  });
  return { tags: bytesOf(bytesOf(meta, 1)[0]!, 4).map(String), nodes: new Map(nodes.map((node) => [node.name, node])) };
}
