import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { value, type Graph } from '../../src/engine/compile/graph';
import { emitOnnx } from '../../src/engine/compile/onnx/emit';
import { absorbExpand } from '../../src/engine/compile/passes/absorbExpand';
import { dropDead } from '../../src/engine/compile/passes/dropDead';
import { foldConstants } from '../../src/engine/compile/passes/foldConstants';
import { mergeMoves } from '../../src/engine/compile/passes/mergeMoves';
import { shareCommon } from '../../src/engine/compile/passes/shareCommon';
import { traceForward, traceStep } from '../../src/engine/compile/programs';
import { configSchema } from '../../src/engine/config/schema';
import { vitSpec } from '../../src/engine/model/spec';
import { cases } from '../engine/compile/onnx/cases';
import { oneNode } from '../engine/compile/onnx/run';
import { temporaryFolder } from '../fixtures/data';
import { reference } from './reference';

beforeAll(async () => {
  await openExecutor('cpu');
});

/** What onnx's own checker, with strict inference of shapes, has to say about each model. */
async function complaints(models: Readonly<Record<string, Uint8Array>>): Promise<Record<string, string | null>> {
  const folder = await temporaryFolder();
  const names = Object.keys(models);
  const files = names.map((_, i) => path.join(folder, `${i}.onnx`));
  await Promise.all(files.map((file, i) => writeFile(file, models[names[i]!]!)));
  const answers = await reference<(string | null)[]>('onnx_models', files);
  return Object.fromEntries(names.map((name, i) => [name, answers[i]!]));
}

const none = (models: object): Record<string, null> => Object.fromEntries(Object.keys(models).map((name) => [name, null]));

/** Four drawings of every operation, always the same. */
function drawings(): Record<string, Uint8Array> {
  const models = Object.entries(cases).flatMap(([op, drawn]) =>
    fc.sample(drawn, { numRuns: 4, seed: 1 }).flatMap(({ attrs, given, expected }, i): [string, Uint8Array][] => {
      const graph = oneNode(op, attrs, given, expected());
      return [[`${op} ${i}`, emitOnnx(graph)], [`${op} ${i}, plain`, emitOnnx(graph, { contrib: false })]];
    }),
  );
  return Object.fromEntries(models);
}

test('every operation, as a model, passes the checker of onnx', async () => {
  const models = drawings();
  expect(await complaints(models)).toEqual(none(models));
});

describe('a Vision Transformer', () => {
  const model = { embed_dim: 16, depth: 2, num_heads: 2, patch_size: 8, drop_rate: 0.1, drop_path_rate: 0.1 };
  const config = configSchema.parse({ dataset: { format: 'shapes' }, image: { size: 32 }, model });
  const spec = vitSpec(config.image, config.model, 5);
  const taps = { attention: true, tokens: true };
  const graphs = (): Record<string, Graph> => ({
    forward: traceForward(spec, { batch: 3, taps, packed: false }),
    'forward on packed weights': traceForward(spec, { batch: 1, taps: {}, packed: true }),
    'training step': traceStep(spec, config.train, { batch: 4, part: 'whole' }),
    'part of a step': traceStep(spec, config.train, { batch: 4, part: 'add' }),
    'last part of a step': traceStep(spec, config.train, { batch: 4, part: 'last' }),
  });
  const simplified = (graph: Graph): Graph => [foldConstants, absorbExpand, mergeMoves, shareCommon, dropDead].reduce((before, pass) => pass.run(before), graph);

  test('as traced, and after the passes, passes the checker of onnx', async () => {
    const both = Object.entries(graphs()).flatMap(([name, graph]): [string, Uint8Array][] => [[name, emitOnnx(graph)], [`${name}, simplified`, emitOnnx(simplified(graph))]]);
    const models = Object.fromEntries(both);
    expect(await complaints(models)).toEqual(none(models));
  });
});

// The controls: what the checker is asked to notice, it notices.
test('a wrong shape and a wrong type are refused', async () => {
  const wrong = (dtype: 'float32' | 'int32', shape: readonly number[]): Uint8Array => {
    const [x, y] = [value('float32', [2, 3]), value(dtype, shape)];
    return emitOnnx({ inputs: [{ name: 'x', value: x }], outputs: [{ name: 'y', value: y }], constants: new Map(), nodes: [{ op: 'Neg', inputs: [x], outputs: [y], attrs: {} }] });
  };
  const models = { right: wrong('float32', [2, 3]), shape: wrong('float32', [3, 2]), type: wrong('int32', [2, 3]), 'no model': Uint8Array.of(1, 2, 3) };
  const { right, ...refused } = await complaints({ ...models });
  expect(right).toBeNull();
  expect(refused['shape']).toContain('dimension');
  expect(refused['type']).toContain('type');
  expect(refused['no model']).not.toBeNull();
});
