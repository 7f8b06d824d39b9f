import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import { reasonOf } from '../atomic';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';

/** What a network made of one image after one epoch. */
export interface ProbeFrame {
  /** Attention after the softmax, one [1, H, N, N] per block; none of a network without. */
  readonly attention: readonly FloatTensor[];
  /** [K] */
  readonly logits: Float32Array;
  /** Cosine similarity of the position embeddings, [P, P]; null where there is no table. */
  readonly similarity: Float32Array | null;
}

const headerSchema = z.object({ format: z.literal(1), layers: z.int().min(0), heads: z.int().min(0), tokens: z.int().min(0), classes: z.int().min(0), patches: z.int().min(0) });

/**
 * A frame as bytes, gzipped: a JSON header in a line of its own, then little-endian the logits (float32), the
 * similarities (int8, 127 is 1), and the attention (uint8, 255 is the largest weight of its row; how large that is
 * follows from the row's sum, which is 1). So a weight is wrong by about 1/510 of the largest of its row: less than a
 * screen shows, in a quarter of the bytes even before compression. gzip's checksum finds damage.
 */
export async function encodeFrame({ attention, logits, similarity }: ProbeFrame): Promise<Uint8Array> {
  const [, heads = 0, tokens = 0] = attention[0]?.shape ?? [];
  const patches = similarity ? Math.round(Math.sqrt(similarity.length)) : 0;
  const header = { format: 1, layers: attention.length, heads, tokens, classes: logits.length, patches };
  const rows = attention.map(({ data }) => quantised(data, tokens));
  const small = similarity ? Int8Array.from(similarity, (value) => Math.round(Math.max(-1, Math.min(1, value)) * 127)) : new Int8Array();
  const parts = [
    Buffer.from(`${JSON.stringify(header)}\n`),
    bytesOf(logits),
    bytesOf(small),
    ...rows.map(bytesOf),
  ];
  return promisify(gzip)(Buffer.concat(parts));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function quantised(data: Float32Array, tokens: number): Uint8Array {
  const weights = new Uint8Array(data.length);
  for (let row = 0; row < data.length; row += tokens) {
    let most = 0;
    for (let j = row; j < row + tokens; j++) most = Math.max(most, data[j]!);
    if (most > 0) for (let j = row; j < row + tokens; j++) weights[j] = Math.round((data[j]! / most) * 255);
  }
  return weights;
}

/**
 * Rows of attention sum to 1 again.
 *
 * @throws UserError naming the file when it is damaged or of a newer version
 */
export async function decodeFrame(bytes: Uint8Array, file: string): Promise<ProbeFrame> {
  try {
    const raw = await promisify(gunzip)(bytes);
    const end = raw.indexOf('\n') + 1;
    const { layers, heads, tokens, classes, patches } = headerSchema.parse(JSON.parse(raw.toString('utf8', 0, end)));
    let at = end;
    // A copy, since what follows the header is not aligned.
    const take = (count: number): ArrayBuffer => {
      if (at + count > raw.length) throw new RangeError(l10n.t('the file ends early'));
      return new Uint8Array(raw.subarray(at, (at += count))).buffer;
    };
    const logits = new Float32Array(take(classes * 4));
    const similarity = patches === 0 ? null : Float32Array.from(new Int8Array(take(patches * patches)), (value) => value / 127);
    const shape = [1, heads, tokens, tokens];
    const attention = Array.from({ length: layers }, () => ({ shape, data: restored(new Uint8Array(take(heads * tokens * tokens)), tokens) }));
    return { attention, logits, similarity };
  } catch (error) {
    throw new UserError(l10n.t('{0} is damaged: {1}', file, reasonOf(error)), { file });
  }
}

function restored(weights: Uint8Array, tokens: number): Float32Array {
  const data = new Float32Array(weights.length);
  for (let row = 0; row < weights.length; row += tokens) {
    let sum = 0;
    for (let j = row; j < row + tokens; j++) sum += weights[j]!;
    // A row of zeros was one of numbers that are none.
    if (sum > 0) for (let j = row; j < row + tokens; j++) data[j] = weights[j]! / sum;
  }
  return data;
}
