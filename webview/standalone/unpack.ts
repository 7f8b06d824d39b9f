const kinds: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>> = {
  Float32Array, Float64Array, Uint8Array, Uint16Array, Uint32Array, Int32Array, Uint8ClampedArray,
};

/** Reads what `src/standalonePage.ts` packed: JSON with typed arrays in base64, zipped, in base64. */
export async function unpack(base64: string): Promise<unknown> {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return parse(await new Response(stream).text());
}

export function parse(json: string): unknown {
  return JSON.parse(json, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || !('$array' in part)) return part;
    const { $array: name, base64 } = part as { readonly $array: string; readonly base64: string };
    const kind = kinds[name];
    if (!kind) throw new Error(`This page holds an array of an unknown kind, ${name}.`);
    return new kind(bytesOf(base64).buffer);
  });
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
