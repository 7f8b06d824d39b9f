import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { writeDocument, writeTables } from '../../../src/engine/tracking/tables';
import { pointAt, temporaryFolder } from '../runFixture';
import { madeRun } from './trackedRun';

async function made() {
  const { writer, run } = await madeRun(2);
  await writer.event({ step: 3, epoch: 1, time: 1.5, values: { 'val/loss': NaN, 'classes/loss/a, "b"': 0.25 } });
  await writer.savePoint(pointAt(1, true));
  await writer.saveConfusion({ labels: ['a', 'b'], counts: [[3, 1], [0, 4]] }, 1);
  await writer.warn({ rule: 'overfitting', epoch: 1, message: 'It learns by heart.', advice: 'Less.' });
  await writer.finish('finished', 'done', { 'test/top1': 0.875 });
  return run;
}

test('every table of a run is written, each value with its step and its name', async () => {
  const run = await made();
  const folder = temporaryFolder();
  const written = await writeTables(run, folder);
  expect(written.map((file) => path.relative(folder, file))).toEqual(['run', 'config', 'metrics', 'checkpoints', 'confusion', 'warnings'].map((name) => path.join(path.basename(run), `${name}.csv`)));
  const read = (name: string): Promise<string> => readFile(path.join(folder, path.basename(run), `${name}.csv`), 'utf8');
  expect((await read('metrics')).split('\r\n')).toEqual([
    'step,epoch,seconds,metric,value',
    '1,1,0.5,train/batch_loss,1', '1,1,0.5,lr,0.001', '2,1,1,train/batch_loss,0.5', '2,1,1,lr,0.001',
    '3,1,1.5,val/loss,NaN', '3,1,1.5,"classes/loss/a, ""b""",0.25', '',
  ]);
  expect(await read('config')).toMatch(/^model\.embed_dim,8\r$/m);
  expect(await read('run')).toMatch(/^state,finished\r$/m);
  expect(await read('run')).toMatch(/^latest\.test\/top1,0\.875\r$/m);
  expect(await read('run')).not.toMatch(/owner|pid/);
  expect(await read('confusion')).toBe('true class,a,b\r\na,3,1\r\nb,0,4\r\n');
  expect(await read('checkpoints')).toMatch(/epoch-0001\.safetensors,1,10,true,true,\d+,0\.01/);
});

test('the document holds the same', async () => {
  const run = await made();
  const folder = temporaryFolder();
  const [file] = await writeDocument(run, folder);
  const all = JSON.parse(await readFile(file!, 'utf8')) as Record<string, unknown>;
  expect(all).toMatchObject({
    format: 1,
    record: { state: 'finished', git: 'abc123' },
    latest: { 'test/top1': 0.875 },
    config: { model: { embed_dim: 8 } },
    checkpoints: [{ epoch: 1, best: true }],
    confusion: { counts: [[3, 1], [0, 4]] },
    evaluation: null,
    probe: null,
  });
  expect(all['metrics']).toHaveLength(3);
  expect((all['metrics'] as { values: object }[])[2]!.values).toEqual({ 'val/loss': null, 'classes/loss/a, "b"': 0.25 });
});
