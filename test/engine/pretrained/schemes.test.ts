import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../../src/engine/checkpoint';
import { openExecutor } from '../../../src/engine/compile/backends';
import type { Executor } from '../../../src/engine/compile/executor';
import { gapOf, schemeCases } from '../../fixtures/schemes';
import { temporaryFolder } from '../tiny';

/** Networks as their home frameworks save them: `test/parity/schemes.py test/golden/schemes 0 1` wrote them. */
const folder = path.join(import.meta.dirname, '../../golden/schemes');
const cases = schemeCases(folder);

// The bounds that the project has set itself against the home framework.
const LOGITS = 1e-4;
const ATTENTION = 1e-5;

describe.each(['wasm', 'onnx'] as const)('%s', (backend) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  test.each(cases)('$name: logits and attention are those of its home', async (one) => {
    const { logits, attention, report } = await gapOf(folder, one, executor);
    expect(logits).toBeLessThan(LOGITS);
    expect(attention).toBeLessThan(ATTENTION);
    expect(report.missing).toEqual([]);
    expect(report.unexpected.filter(({ reason }) => reason === undefined)).toEqual([]);
  });
});

test('a weight that is off by a twentieth shows in each of them', async () => {
  const executor = await openExecutor('wasm');
  for (const one of cases) {
    const { logits } = await gapOf(folder, one, executor, (data) => {
      const largest = data.reduce((at, x, i) => (Math.abs(x) > Math.abs(data[at]!) ? i : at), 0);
      data[largest]! *= 1.05;
    });
    expect(logits, one.name).toBeGreaterThan(LOGITS);
  }
});

test('what is imported and saved is read again bit for bit, and still says where it is from', async () => {
  const out = await temporaryFolder();
  for (const one of cases) {
    const imported = await loadCheckpoint(path.join(folder, one.place));
    const file = path.join(out, `${one.name}.safetensors`);
    await saveCheckpoint(file, imported.params, imported.meta);
    const again = await loadCheckpoint(file);
    expect(again.spec).toEqual(imported.spec);
    expect(again.meta).toEqual(imported.meta);
    for (const [name, { data }] of imported.params) expect(Buffer.compare(Buffer.from(data.buffer, data.byteOffset, data.byteLength), Buffer.from(again.params.get(name)!.data.buffer, again.params.get(name)!.data.byteOffset, data.byteLength)), name).toBe(0);
    await saveCheckpoint(`${file}2.safetensors`, again.params, again.meta);
    expect(Buffer.compare(await readFile(file), await readFile(`${file}2.safetensors`))).toBe(0);
  }
});
