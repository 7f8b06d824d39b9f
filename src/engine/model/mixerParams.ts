import type { Random } from '../random';
import { tokenCount, type ViTSpec } from './spec';

type Shape = readonly [name: string, shape: readonly number[]];

/**
 * Every parameter of an MLP-Mixer by timm's names (`mlp_mixer.py`), in its order: linear weights [out, in], patch projection
 * [D, C, P, P]. The weights over the patches know how many there are, so that a Mixer has one image size.
 */
export function mixerShapes(spec: ViTSpec): readonly Shape[] {
  const { width: D, mlpWidth: M, tokenMlpWidth: Mt, classes: K } = spec;
  const T = tokenCount(spec);
  const norm = (name: string): Shape[] => [[`${name}.weight`, [D]], ...(spec.norm === 'layernorm' ? [[`${name}.bias`, [D]] as const] : [])];
  return [
    ...dense('stem.proj', [D, spec.channels, ...spec.patchSize]),
    ...Array.from({ length: spec.depth }, (_, i) => `blocks.${i}`).flatMap((block) => [
      ...norm(`${block}.norm1`),
      ...dense(`${block}.mlp_tokens.fc1`, [Mt, T]),
      ...dense(`${block}.mlp_tokens.fc2`, [T, Mt]),
      ...norm(`${block}.norm2`),
      ...dense(`${block}.mlp_channels.fc1`, [M, D]),
      ...dense(`${block}.mlp_channels.fc2`, [D, M]),
    ]),
    ...norm('norm'),
    ...(K > 0 ? dense('head', [K, D]) : []),
  ];
}

function dense(name: string, weight: readonly [number, ...number[]]): Shape[] {
  return [
    [`${name}.weight`, weight],
    [`${name}.bias`, [weight[0]]],
  ];
}

/**
 * How a fresh value of a parameter is drawn, as timm's `MlpMixer` does: linear weights uniform in ±√(6/(in + out)) (Glorot &
 * Bengio 2010) with biases N(0, 1e-6²), the patch projection from N(0, 1/fan_in) truncated at two standard deviations, the
 * head and other biases 0, norms 1 and 0.
 */
export function mixerDraw([name, shape]: Shape, random: Random): () => number {
  if (name.startsWith('head.')) return () => 0;
  if (name.endsWith('.bias')) return name.includes('.mlp_') ? () => 1e-6 * random.normal() : () => 0;
  if (shape.length === 1) return () => 1;
  const [out, ...rest] = shape as readonly [number, ...number[]];
  const fanIn = rest.reduce((product, side) => product * side, 1);
  if (shape.length === 4) return () => truncatedNormal(random) / (UNIT_TRUNCATED * Math.sqrt(fanIn));
  const bound = Math.sqrt(6 / (fanIn + out));
  return () => bound * (2 * random.next() - 1);
}

/** Standard deviation of a normal distribution that is cut off at ±2. */
const UNIT_TRUNCATED = 0.87962566103423978;

function truncatedNormal(random: Random): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value;
  }
}
