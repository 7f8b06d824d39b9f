import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { openLog } from '../../src/engine/log';
import { withFault } from './faultyDisk';
import { temporaryFolder } from './runFixture';

interface Line {
  readonly time: string;
  readonly level: string;
  readonly message: string;
}

const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

test('every line is an object with time, level and message, in order', async () => {
  const file = path.join(temporaryFolder(), 'log.jsonl');
  const log = openLog(file);
  await Promise.all(Array.from({ length: 50 }, (_, i) => log.write('info', `line ${i}\nof two`)));
  await log.write('error', 'ñ "quoted"');
  const lines = linesOf(file);
  expect(lines.map(({ message }) => message)).toEqual([...Array.from({ length: 50 }, (_, i) => `line ${i}\nof two`), 'ñ "quoted"']);
  expect(lines.at(-1)?.level).toBe('error');
  for (const { time } of lines) expect(new Date(time).toISOString()).toBe(time);
});

test('a log that grows too long is begun anew, the old one kept', async () => {
  const file = path.join(temporaryFolder(), 'log.jsonl');
  const log = openLog(file, 500);
  for (let i = 0; i < 12; i++) await log.write('info', 'x'.repeat(50));
  expect(existsSync(`${file}.1`)).toBe(true);
  expect(linesOf(file).length + linesOf(`${file}.1`).length).toBeLessThanOrEqual(12);
  expect(readFileSync(file).length).toBeLessThanOrEqual(500);
  expect(readFileSync(`${file}.1`).length).toBeLessThanOrEqual(500);
});

test('a failed write is told, and the next one works', async () => {
  const file = path.join(temporaryFolder(), 'log.jsonl');
  const log = openLog(file);
  const { error } = await withFault({ at: 1, code: 'EIO', stays: false }, () => log.write('info', 'lost'));
  expect((error as Error).message).toContain(file);
  await log.write('info', 'kept');
  expect(linesOf(file).map(({ message }) => message)).toEqual(['kept']);
});
