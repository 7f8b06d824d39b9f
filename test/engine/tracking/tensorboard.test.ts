import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test, vi } from 'vitest';
import { reopenRun } from '../../../src/engine/runStore';
import { trackingFiles } from '../../../src/engine/runs/tracking';
import { crc32c, maskedCrc32c } from '../../../src/engine/tracking/tensorboard/crc32c';
import { record } from '../../../src/engine/tracking/tensorboard/events';
import { histogramOf } from '../../../src/engine/tracking/tensorboard/histogram';
import { openTensorboard } from '../../../src/engine/tracking/tensorboard/live';
import { writeTensorboard } from '../../../src/engine/tracking/tensorboard/write';
import { pointAt, temporaryFolder } from '../runFixture';
import { madeRun, rowAt } from './trackedRun';

// RFC 3720, appendix B.4; "123456789" is the check value of the catalogue of CRCs (CRC-32/ISCSI).
test.each([
  ['32 bytes of zeroes', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['32 incrementing bytes', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['32 decrementing bytes', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ['the check value', new TextEncoder().encode('123456789'), 0xe3069283],
])('CRC-32C of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

test('a record is its length, its checksum, the data and theirs', () => {
  const data = new TextEncoder().encode('abc');
  const bytes = record(data);
  const view = new DataView(bytes.buffer);
  expect(bytes).toHaveLength(8 + 4 + 3 + 4);
  expect(view.getBigUint64(0, true)).toBe(3n);
  expect(view.getUint32(8, true)).toBe(maskedCrc32c(bytes.subarray(0, 8)));
  expect(bytes.subarray(12, 15)).toEqual(data);
  expect(view.getUint32(15, true)).toBe(maskedCrc32c(data));
});

test('a histogram counts every number once; what is none is left out', () => {
  const values = Float32Array.from([-1, -1, 0, 0.5, 2, NaN, Infinity]);
  const found = histogramOf(values)!;
  expect(found).toMatchObject({ min: -1, max: 2, num: 5, sum: 0.5, sumSquares: 6.25 });
  expect(found.counts.reduce((a, b) => a + b)).toBe(5);
  expect(found.limits).toHaveLength(30);
  expect(found.limits.at(-1)).toBe(2);
  // The share below each limit is that of the values themselves.
  found.limits.forEach((limit, i) => expect(found.counts.slice(0, i + 1).reduce((a, b) => a + b)).toBe([...values].filter((value) => value < limit || (value === 2 && i === 29)).length));
  expect(histogramOf(Float32Array.from([3, 3]))).toMatchObject({ min: 3, max: 3, counts: [2], limits: [3] });
  expect(histogramOf(Float32Array.from([NaN]))).toBeNull();
});

/** The payloads of all records, with their checksums checked. */
async function recordsOf(file: string): Promise<Buffer[]> {
  const bytes = await readFile(file);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc32c(bytes.subarray(at, at + 8)));
    found.push(bytes.subarray(at + 12, at + 12 + length));
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(found.at(-1)!));
    at += length + 16;
  }
  return found;
}

test('a run that is written twice has one file', async () => {
  const { writer, run } = await madeRun(4);
  await writer.savePoint(pointAt(1, true));
  await writer.finish('finished', '', {});
  const folder = temporaryFolder();
  const options = { signal: new AbortController().signal, onProgress: () => undefined };
  const first = await writeTensorboard(run, folder, options);
  expect(await writeTensorboard(run, folder, options)).toEqual(first);
  expect(await readdir(path.join(folder, path.basename(run)))).toHaveLength(1);
  const records = await recordsOf(first[0]!);
  expect(records[0]!.includes('brain.Event:2')).toBe(true);
  for (const part of ['_hparams_/session_start_info', 'model.embed_dim', 'train/batch_loss', 'weights/head.weight', '_hparams_/session_end_info']) expect(records.some((one) => one.includes(part))).toBe(true);
});

test('beside a training rows are written as they come; a run that goes on gets a file of its own', async () => {
  const { writer, run } = await madeRun(2);
  const told: string[] = [];
  const log = (_: string, message: string): number => told.push(message);
  const board = openTensorboard(run, log, {});
  await vi.waitFor(async () => expect(await readdir(trackingFiles.tensorboard(run))).toHaveLength(1));
  await writer.savePoint(pointAt(1, true));
  for (let step = 11; step <= 12; step++) await writer.event(rowAt(step));
  await writer.finish('stopped', '', {});
  await board.end();
  const folder = trackingFiles.tensorboard(run);
  const rows = async (name: string): Promise<number> => (await recordsOf(path.join(folder, name))).filter((one) => one.includes('train/batch_loss')).length;
  const [first] = await readdir(folder);
  expect(await rows(first!)).toBe(4);
  const again = await reopenRun(run);
  const second = openTensorboard(run, log, { since: again.point.state.step });
  for (let step = 11; step <= 15; step++) await again.writer.event(rowAt(step));
  await again.writer.finish('finished', '', {});
  await second.end();
  const [, own] = (await readdir(folder)).sort();
  expect(await rows(own!)).toBe(5);
  expect(told).toEqual([]);
});
