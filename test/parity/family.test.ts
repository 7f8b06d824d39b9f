import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import type { Executor } from '../../src/engine/compile/executor';
import { parseConfig } from '../../src/engine/config/load';
import type { Config } from '../../src/engine/config/schema';
import { initParams, paramSpecs, zeroMoments } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { randomAt, type Random } from '../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../src/engine/tensors';
import { serialiseSafetensors } from '../../src/engine/weights/safetensors';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';

/** The bounds that the project has set itself against the home framework. */
const LOGITS = 1e-4;
const ATTENTION = 1e-5;
const GRADIENTS = 1e-3;

const COUNT = 30;
const BATCH = 3;
const engines = ['wasm', 'onnx'] as const;

const seed = Number(process.env['VITLAB_SEED'] ?? Date.now() % 1_000_000);

interface Answer {
  readonly shapes: readonly (readonly [string, readonly number[]])[];
  readonly spread: number;
  readonly control: number;
  readonly engines: Readonly<Record<string, { readonly logits: number; readonly attention: number; readonly gradients: Readonly<Record<string, number>> }>>;
}

interface Drawn {
  readonly config: Config;
  readonly classes: number;
}

/** A small network of the family; what does not go together is drawn again. */
function draw(random: Random): Drawn {
  const of = <T>(...values: readonly T[]): T => values[random.int(values.length)]!;
  const heads = of(1, 2, 3);
  const [rows, columns, patch] = [of(2, 3, 4), of(2, 3), of(4, 8)];
  const pool = of('token', 'avg', 'seq', 'map', 'token_avg');
  const token = pool === 'token' || pool === 'token_avg';
  const distilled = pool === 'token' && of(false, false, true);
  const positions = distilled ? of('learned', 'sincos1d', 'sincos2d') : of('learned', 'learned', 'sincos2d', 'sincos1d', 'none', 'rope', 'rope', 'relative', 'relative');
  const parallel = positions !== 'relative' && positions !== 'rope' && of(false, false, true);
  const model = {
    parallel_blocks: parallel, patch_size: patch, depth: of(1, 2, 3), num_heads: heads, embed_dim: heads * of(8, 16), mlp_ratio: of(1, 2, 4),
    global_pool: pool, distilled, class_token: token || of(false, true), reg_tokens: distilled || positions === 'relative' ? 0 : of(0, 0, 1, 4),
    pos_embed: positions, no_embed_class: !distilled && of(false, true), pre_norm: of(false, false, true),
    pool_include_prefix: of(false, true), mlp_layer: parallel ? 'mlp' : of('mlp', 'mlp', 'swiglu'), act_layer: of('gelu', 'gelu_tanh', 'quick_gelu', 'relu', 'silu'),
    norm_layer: of('layernorm', 'layernorm', 'rmsnorm'), norm_eps: of(1e-6, 1e-5, 1e-12), norm_first: parallel || of(true, true, false), qk_norm: of(false, true),
    qkv_bias: of(true, true, false), proj_bias: of(true, true, false), ...(of(false, true) && { init_values: of(1e-5, 0.1, 1) }),
    ...(!distilled && (pool === 'token' || pool === 'avg') && of(false, true) && { fc_norm: of(false, true) }),
  };
  const { config, problems } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image: { size: [rows * patch, columns * patch], channels: of(1, 3) }, model, train: { clip_grad: 0, weight_decay: 0 } }), 'drawn.yaml');
  if (!config) throw new Error(`${JSON.stringify(model)}: ${problems.map(({ message }) => message).join(' ')}`);
  return { config, classes: of(0, 3, 5, 5) };
}

const drawn = Array.from({ length: COUNT }, (_, i) => draw(randomAt(seed, 'family', i)));

function filled(name: string, shape: readonly number[], scale = 1): FloatTensor {
  const random = randomAt(seed, name);
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()) };
}

/** Fresh weights, moved: beginnings of zero would hide what is multiplied by them. */
function weightsOf({ config, classes }: Drawn): TensorMap {
  const spec = vitSpec(config.image, config.model, classes);
  return new Map([...initParams(spec, seed)].map(([name, { shape, data }]) => {
    const moved = filled(name, shape, 0.15).data;
    return [name, { shape, data: data.map((x, k) => x + moved[k]!) }];
  }));
}

/** Logits, attention and, where there is a head, gradients: the first moment after one step of AdamW is a tenth of them. */
async function oursOn(executor: Executor, one: Drawn, params: TensorMap, images: FloatTensor, targets: FloatTensor): Promise<TensorMap> {
  const { config, classes } = one;
  const spec = vitSpec(config.image, config.model, classes);
  const inference = await executor.infer(spec, params);
  const { logits, taps } = await inference.forward(images, { attention: true });
  inference.dispose();
  if (classes === 0) return new Map([['logits', logits], ...taps]);
  const session = await executor.train(spec, { params, m: zeroMoments(spec), v: zeroMoments(spec), step: 0 }, config.train);
  await session.step({ images, targets, lr: 1e-4, noiseSeed: [0, 0] });
  const { m } = await session.state();
  session.dispose();
  const gradients = [...m].map(([name, { shape, data }]) => [`gradient.${name}`, { shape, data: data.map((x) => x * 10) }] as const);
  return new Map([['logits', logits], ...taps, ...gradients]);
}

let answers: readonly Answer[];

beforeAll(async () => {
  console.log(`parity: family: VITLAB_SEED=${seed}`);
  const folder = await temporaryFolder();
  const write = (name: string, tensors: TensorMap): string => {
    const file = path.join(folder, `${name}.safetensors`);
    writeFileSync(file, serialiseSafetensors(tensors, {}));
    return file;
  };
  const request: { config: Config; classes: number; given: string; ours: Record<string, string> }[] = [];
  for (const [i, one] of drawn.entries()) {
    const { config, classes } = one;
    const params = weightsOf(one);
    const images = filled(`images.${i}`, [BATCH, ...(config.image.size as readonly number[]), config.image.channels]);
    const targets = { shape: [BATCH, classes], data: Float32Array.from({ length: BATCH * classes }, (_, k) => (k % classes === Math.floor(k / classes) % classes ? 0.9 : 0) + 0.1 / classes) };
    const given = write(`given-${i}`, new Map([...params, ['images', images], ...(classes > 0 ? ([['targets', targets]] as const) : [])]));
    const ours: Record<string, string> = {};
    for (const engine of engines) ours[engine] = write(`${engine}-${i}`, await oursOn(await openExecutor(engine), one, params, images, targets));
    request.push({ config, classes, given, ours });
  }
  answers = await reference<Answer[]>('family', request);
}, 900_000);

const worst = new Map<string, number>();
const note = (what: string, value: number): void => void worst.set(what, Math.max(value, worst.get(what) ?? 0));

test.each(drawn.map((one, i) => [i, JSON.stringify({ size: one.config.image.size, classes: one.classes, ...one.config.model })] as const))('network %i is timm\'s: %s', (i) => {
  const one = drawn[i]!;
  const answer = answers[i]!;
  const spec = vitSpec(one.config.image, one.config.model, one.classes);
  // A fixed table is a parameter in timm's model only.
  const theirs = answer.shapes.filter(([name]) => name !== 'pos_embed' || spec.posEmbed === 'learned');
  expect(paramSpecs(spec).map((p) => [p.name, p.shape])).toEqual(theirs);
  for (const engine of engines) {
    const { logits, attention, gradients } = answer.engines[engine]!;
    note(`${engine}, logits`, logits);
    note(`${engine}, attention`, attention);
    for (const gap of Object.values(gradients)) note(`${engine}, gradients`, gap);
    expect(logits).toBeLessThan(LOGITS);
    expect(attention).toBeLessThan(ATTENTION);
    expect(Object.entries(gradients).filter(([, gap]) => !(gap < GRADIENTS))).toEqual([]);
    if (one.classes > 0) expect(Object.keys(gradients).length).toBeGreaterThan(8);
  }
  expect(answer.spread).toBeGreaterThan(0.05);
  expect(answer.control).toBeGreaterThan(10 * Math.max(...engines.map((engine) => answer.engines[engine]!.logits)));
});

afterAll(() => {
  for (const [what, value] of worst) measured(`${COUNT} networks of the family on ${what}`, value, what.endsWith('logits') ? LOGITS : what.endsWith('attention') ? ATTENTION : GRADIENTS);
});
