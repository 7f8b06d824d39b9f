import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { parseConfig } from '../../src/engine/config/load';
import { initParams } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { randomAt } from '../../src/engine/random';
import type { FloatTensor, TensorMap } from '../../src/engine/tensors';
import { serialiseSafetensors } from '../../src/engine/weights/safetensors';
import { insideOf } from '../engine/compile/networks';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';

/** The bound that the project has set itself; both sides sum in float32, in other orders. */
const TOLERANCE = 1e-4;
const BATCH = 2;
const CLASSES = 7;

/** What hooks on timm's modules do not see: its own attention pooling, and queries that rotary positions have turned. `scores` tells of those. */
const unseen = /^(pool_weights|stem\.\d+|features)$/;

/** test_vit's shape (Ti of timm's own tests) at a smaller image, and every way of the family that changes what stands inside. */
const testVit = { patch_size: 16, embed_dim: 64, depth: 3, num_heads: 2, mlp_ratio: 3 };
const variants = {
  'as test_vit': testVit,
  'average pool, registers': { ...testVit, global_pool: 'avg', reg_tokens: 2, no_embed_class: true },
  'norm before pooling': { ...testVit, global_pool: 'avg', fc_norm: false },
  'distillation token': { ...testVit, distilled: true },
  'class token and mean': { ...testVit, global_pool: 'token_avg' },
  'sequence pooling': { ...testVit, global_pool: 'seq' },
  'attention pooling': { ...testVit, global_pool: 'map' },
  'layer scale, SwiGLU, norms of heads': { ...testVit, init_values: 0.5, mlp_layer: 'swiglu', qk_norm: true },
  'RMSNorm, tanh': { ...testVit, norm_layer: 'rmsnorm', act_layer: 'gelu_tanh' },
  'norms last, ReLU': { ...testVit, norm_first: false, act_layer: 'relu' },
  'parallel blocks': { ...testVit, parallel_blocks: true, init_values: 0.5, qk_norm: true },
  'rotary positions': { ...testVit, pos_embed: 'rope' },
  'relative positions': { ...testVit, pos_embed: 'relative' },
  'without biases': { ...testVit, qkv_bias: false, proj_bias: false },
} as const;
const names = Object.keys(variants) as (keyof typeof variants)[];

interface Answer {
  readonly gaps: Readonly<Record<string, number>>;
  readonly control: number;
}

let answers: readonly Answer[];
const wished = new Map<string, readonly string[]>();

function filled(name: string, shape: readonly number[], scale = 1): FloatTensor {
  const random = randomAt(7, name);
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * random.normal()) };
}

beforeAll(async () => {
  const folder = await temporaryFolder();
  const write = (name: string, tensors: TensorMap): string => {
    const file = path.join(folder, `${name}.safetensors`);
    writeFileSync(file, serialiseSafetensors(tensors, {}));
    return file;
  };
  const executor = await openExecutor('onnx');
  const request = [];
  for (const [i, name] of names.entries()) {
    const { config, problems } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image: { size: [48, 64], channels: 3 }, model: variants[name] }), 'flow.yaml');
    if (!config) throw new Error(`${name}: ${problems.map(({ message }) => message).join(' ')}`);
    const spec = vitSpec(config.image, config.model, CLASSES);
    // Beginnings of zero would hide what is multiplied by them.
    const params = new Map([...initParams(spec, 7)].map(([param, { shape, data }]) => [param, { shape, data: filled(param, shape, 0.1).data.map((x, k) => x + data[k]!) }] as const));
    const images = filled(`images.${i}`, [BATCH, 48, 64, 3]);
    const session = await executor.infer(spec, params);
    const inside = insideOf(spec);
    wished.set(name, inside);
    const { taps } = await session.forward(images, { attention: true, inside });
    session.dispose();
    request.push({ config, classes: CLASSES, given: write(`given-${i}`, new Map([...params, ['images', images]])), ours: write(`ours-${i}`, taps) });
  }
  answers = await reference<Answer[]>('flows', request);
}, 600_000);

test.each(names)('every number inside is the one that a hook sees in timm: %s', (name) => {
  const { gaps, control } = answers[names.indexOf(name)]!;
  const model: Readonly<Record<string, unknown>> = variants[name];
  // Queries and keys are no module's output where they are turned, or cut out of one product with the MLP.
  const hidden = model['pos_embed'] === 'rope' || model['pos_embed'] === 'relative' || model['parallel_blocks'] === true ? /^(queries|keys|values)\./ : /^$/;
  const expected = wished.get(name)!.filter((tap) => !unseen.test(tap) && !hidden.test(tap));
  expect(expected.filter((tap) => !(tap in gaps))).toEqual([]);
  const worst = Object.entries(gaps).reduce((a, b) => (b[1] > a[1] ? b : a));
  measured(`inside of ${name}: worst of ${Object.keys(gaps).length}, ${worst[0]}`, worst[1], TOLERANCE);
  expect(Object.entries(gaps).filter(([, gap]) => !(gap < TOLERANCE))).toEqual([]);
  expect(control).toBeGreaterThan(10 * TOLERANCE);
});
