import * as l10n from '@vscode/l10n';
import type { HeadsOffView, HeadsView, ImageQuestion } from '../../protocol';
import { refuseWithoutAttention } from '../inspect/attention';
import type { Looker } from '../looking';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';
import { refuseWithoutHead, repeated, withSubject, type Subject, type Tell } from './subject';

/** Images that go through the network at once, each without another head. */
const BATCH = 16;

/**
 * What each head does: the logits of the image while the head alone is turned off, that is, while 0 stands in the place of its
 * output before the projection (Michel et al. 2019, Are Sixteen Heads Really Better than One?, section 2.3).
 */
export async function ablateHeads(looker: Looker, q: ImageQuestion, tell: Tell): Promise<HeadsView> {
  return withSubject(looker, q, async (subject) => {
    refuseHeadless(subject);
    const { depth: layers, heads, classes } = subject.opened.spec;
    const sets = [[], ...Array.from({ length: layers * heads }, (_, head) => [head])];
    const logits = await logitsWithout(subject, sets, tell);
    const without = new Float32Array(layers * heads * classes);
    logits.slice(1).forEach((one, head) => without.set(one, head * classes));
    return { layers, heads, classes, logits: logits[0]!, without };
  });
}

/** What some heads do together. */
export async function viewWithoutHeads(looker: Looker, { off, ...q }: ImageQuestion & { readonly off: readonly number[] }): Promise<HeadsOffView> {
  return withSubject(looker, q, async (subject) => {
    refuseHeadless(subject);
    const { depth, heads } = subject.opened.spec;
    const unknown = off.find((head) => !Number.isInteger(head) || head < 0 || head >= depth * heads);
    if (unknown !== undefined) throw new UserError(l10n.t('There is no head {0}: the network has the heads 0 to {1}, counted through all layers.', unknown, depth * heads - 1));
    const [logits, without] = await logitsWithout(subject, [[], off], {});
    return { off, logits: logits!, without: without! };
  });
}

function refuseHeadless({ opened }: Subject): void {
  refuseWithoutAttention(opened);
  refuseWithoutHead(opened);
}

/** Logits [K] without each set of heads; all batches have one size, for which one graph is compiled. */
async function logitsWithout({ opened: { session, spec }, image }: Subject, sets: readonly (readonly number[])[], { signal, onProgress }: Tell): Promise<readonly Float32Array[]> {
  const size = Math.min(BATCH, sets.length);
  const images = repeated(image, size);
  const rows: Float32Array[] = [];
  for (let from = 0; from < sets.length; from += size) {
    signal?.throwIfAborted();
    onProgress?.(from, sets.length);
    const part = sets.slice(from, from + size);
    const { logits } = await session.forward(images, { headMask: true }, undefined, maskOf(part, [size, spec.depth, spec.heads]));
    part.forEach((_, i) => rows.push(logits.data.slice(i * spec.classes, (i + 1) * spec.classes)));
  }
  onProgress?.(sets.length, sets.length);
  return rows;
}

function maskOf(sets: readonly (readonly number[])[], shape: readonly [number, number, number]): FloatTensor {
  const [size, layers, heads] = shape;
  const data = new Float32Array(size * layers * heads).fill(1);
  sets.forEach((off, i) => off.forEach((head) => (data[i * layers * heads + head] = 0)));
  return { shape, data };
}
