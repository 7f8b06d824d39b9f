import { appendFile, rename, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { files } from '../../../src/engine/runs/files';
import { tailOf } from '../../../src/engine/tracking/tail';
import { temporaryFolder } from '../runFixture';

const line = (step: number): string => `${JSON.stringify({ step, epoch: 1, time: 1, values: { ñ: 1 } })}\n`;
const steps = async (read: Promise<readonly { readonly step: number }[]>): Promise<number[]> => (await read).map(({ step }) => step);

test('rows come once each, as they are added; half a line when it is whole', async () => {
  const run = temporaryFolder();
  const tail = tailOf(run);
  expect(await tail.read()).toEqual([]);
  const file = files.metrics(run);
  await writeFile(file, line(1) + line(2) + line(3).slice(0, 9));
  expect(await steps(tail.read())).toEqual([1, 2]);
  expect(await steps(tail.read())).toEqual([]);
  await appendFile(file, line(3).slice(9) + line(4));
  expect(await steps(tail.read())).toEqual([3, 4]);
  tail.rewind();
  expect(await steps(tail.read())).toEqual([3, 4]);
});

test('a file that was written anew, since the run was resumed, is read from its beginning', async () => {
  const run = temporaryFolder();
  const file = files.metrics(run);
  const tail = tailOf(run);
  await writeFile(file, line(1) + line(2) + line(3));
  await tail.read();
  await writeFile(`${file}.tmp`, line(1));
  await rename(`${file}.tmp`, file);
  await appendFile(file, line(2) + line(3) + line(4) + line(5));
  expect(await steps(tail.read())).toEqual([1, 2, 3, 4, 5]);
});

test('a torn line in the middle is passed over', async () => {
  const run = temporaryFolder();
  await writeFile(files.metrics(run), `${line(1)}{"step": 2,\n${line(3)}`);
  expect(await steps(tailOf(run).read())).toEqual([1, 3]);
});
