import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { beforeEach, expect, test } from 'vitest';
import { exportOnnx } from '../../src/engine/exportOnnx';
import type { ExportOptions } from '../../src/protocol';
import { root } from './bundle';
import { temporaryFolder } from './tiny';

const sample = path.join(root, 'media/sample/run/shapes-sample');
let out: string;
const wish = (parts: Partial<ExportOptions> = {}): ExportOptions => ({ checkpoint: sample, out, taps: [], batch: 'dynamic', precision: 'fp32', optimise: false, force: false, ...parts });
const exporting = (parts?: Partial<ExportOptions>, signal = new AbortController().signal, progress: string[] = []): ReturnType<typeof exportOnnx> =>
  exportOnnx(wish(parts), signal, (message) => progress.push(message));

beforeEach(async () => {
  out = path.join(await temporaryFolder(), 'model.onnx');
});

test('writes a model that opens, and says what it wrote', async () => {
  const progress: string[] = [];
  const done = await exporting({ taps: ['attention'] }, undefined, progress);
  expect(done.file).toBe(out);
  expect(done.checkpoint).toMatch(/epoch-\d+\.safetensors$/);
  expect(done.bytes).toBe((await readFile(out)).length);
  expect(progress).toEqual(['Reading the checkpoint', 'Writing the graph']);
  const session = await InferenceSession.create(out, { logSeverityLevel: 3 });
  expect(session.inputNames).toEqual(['images']);
  expect(session.outputNames).toEqual(['logits', 'attention.0', 'attention.1', 'attention.2', 'attention.3']);
  await session.release();
});

test('whole numbers make the file smaller', async () => {
  const [full, lower] = [await exporting(), await exporting({ precision: 'int8', force: true })];
  expect(lower.bytes).toBeLessThan(0.6 * full.bytes);
});

test('a file that is there stays, unless it may be overwritten', async () => {
  await writeFile(out, 'mine');
  await expect(exporting()).rejects.toThrow('--force');
  expect(await readFile(out, 'utf8')).toBe('mine');
  await exporting({ force: true });
  expect((await readFile(out)).length).toBeGreaterThan(1000);
});

test("ONNX Runtime's operators with any batch are refused before anything is written", async () => {
  await expect(exporting({ optimise: true })).rejects.toThrow('needs a fixed batch');
  expect(existsSync(out)).toBe(false);
});

test('what is interrupted writes nothing', async () => {
  const abort = new AbortController();
  abort.abort();
  await expect(exporting({}, abort.signal)).rejects.toThrow();
  expect(existsSync(out)).toBe(false);
});

test('a checkpoint that is none is refused by its name', async () => {
  await expect(exporting({ checkpoint: path.join(root, 'package.json') })).rejects.toThrow('package.json');
});
