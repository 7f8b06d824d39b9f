import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { gapOf, schemeCases, type Gap } from '../fixtures/schemes';
import { temporaryFolder } from '../engine/tiny';
import { measured } from './reference';

/** The bounds that the project has set itself against the home framework. */
const LOGITS = 1e-4;
const ATTENTION = 1e-5;
/** Of each of the sixteen ways of saving. */
const COUNT = 3;

const seed = Number(process.env['VITLAB_SEED'] ?? Date.now() % 1_000_000);
const gaps: { readonly name: string; readonly engine: string; readonly gap: Gap }[] = [];

beforeAll(async () => {
  console.log(`parity: schemes: VITLAB_SEED=${seed}`);
  const folder = await temporaryFolder();
  const made = spawnSync(process.env['VITLAB_PYTHON']!, [path.join(import.meta.dirname, 'schemes.py'), folder, String(seed), String(COUNT)], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  for (const engine of ['wasm', 'onnx'] as const) {
    const executor = await openExecutor(engine);
    for (const one of schemeCases(folder)) gaps.push({ name: one.name, engine, gap: await gapOf(folder, one, executor) });
  }
}, 600_000);

test('weights of every home give its logits and attention', () => {
  expect(gaps.length).toBeGreaterThanOrEqual(2 * 25);
  measured(`schemes: logits of ${gaps.length / 2} networks on wasm and onnx, absolute`, Math.max(...gaps.map(({ gap }) => gap.logits)), LOGITS);
  measured('schemes: attention, absolute', Math.max(...gaps.map(({ gap }) => gap.attention)), ATTENTION);
  expect(gaps.filter(({ gap }) => !(gap.logits <= LOGITS && gap.attention <= ATTENTION)).map(({ name, engine, gap: { logits, attention } }) => ({ name, engine, logits, attention }))).toEqual([]);
});

test('nothing of them is missing, and nothing is left that no rule knows', () => {
  expect(gaps.flatMap(({ name, gap: { report } }) => [...report.missing, ...report.unexpected.filter(({ reason }) => reason === undefined)].map((row) => [name, row]))).toEqual([]);
});
