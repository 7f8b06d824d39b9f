import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { cleanLeftovers, disk, ensureFolder, writeFileAtomic } from '../../src/engine/atomic';
import { UserError } from '../../src/engine/userError';
import { withFault } from './faultyDisk';
import { temporaryFolder } from './runFixture';

test('writes, replaces, and leaves nothing else', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'a.txt');
  await writeFileAtomic(file, 'one');
  await writeFileAtomic(file, new Uint8Array([0x32]));
  expect(readFileSync(file, 'utf8')).toBe('2');
  expect(readdirSync(folder)).toEqual(['a.txt']);
});

test('whatever call fails, the file is the old or the new one, and the error is told', async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'a.txt');
  const [old, fresh] = ['old'.repeat(1000), 'new'.repeat(2000)];
  const { calls } = await withFault(null, () => writeFileAtomic(file, old));
  expect(calls).toBeGreaterThanOrEqual(7);
  for (let at = 0; at < calls; at++) {
    for (const code of ['EIO', 'ENOSPC', 'EACCES', 'EMFILE'] as const) {
      writeFileSync(file, old);
      const { error } = await withFault({ at, code, stays: code === 'ENOSPC' }, () => writeFileAtomic(file, fresh));
      expect(error, `call ${at}`).toBeInstanceOf(UserError);
      expect((error as Error).message).toContain(file);
      expect([old, fresh]).toContain(readFileSync(file, 'utf8'));
      expect(readdirSync(folder)).toEqual(['a.txt']);
    }
  }
});

test('a full disk is named with what is needed', async () => {
  const file = path.join(temporaryFolder(), 'a.txt');
  const { error } = await withFault({ at: 0, code: 'ENOSPC', stays: true }, () => writeFileAtomic(file, '12345'));
  expect((error as Error).message).toMatch(/the disk is full \(5 bytes needed, \d+ free\)/);
});

test('two writers at once leave one of the two', async () => {
  const file = path.join(temporaryFolder(), 'a.txt');
  const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
  await Promise.all(texts.map((text) => writeFileAtomic(file, text)));
  expect(texts).toContain(readFileSync(file, 'utf8'));
});

test('leftovers are cleaned, and nothing else', async () => {
  const folder = temporaryFolder();
  for (const name of ['a.txt', 'a.txt.77-00ff.tmp']) writeFileSync(path.join(folder, name), '');
  await cleanLeftovers(folder);
  expect(readdirSync(folder)).toEqual(['a.txt']);
});

test('folders are made where they are missing, and one that cannot be made is an error, not a wait', async () => {
  const folder = temporaryFolder();
  const deep = path.join(folder, 'a/b/c');
  await Promise.all([ensureFolder(deep), ensureFolder(deep)]);
  await ensureFolder(deep);
  expect(readdirSync(path.join(folder, 'a/b'))).toEqual(['c']);
  writeFileSync(path.join(folder, 'file'), '');
  await expect(ensureFolder(path.join(folder, 'file'))).rejects.toThrow('EEXIST');
  await expect(ensureFolder(path.join(folder, 'file/below'))).rejects.toThrow('ENOTDIR');
  // Of the systems, only Linux has a folder in which making one answers that the folder is not there.
  if (process.platform === 'linux') await expect(ensureFolder('/proc/vit-lab/graphs')).rejects.toThrow('ENOENT');
});

test('a folder whose folder somebody else makes in between is made all the same', async () => {
  const folder = path.join(temporaryFolder(), 'a/b');
  const above = path.dirname(folder);
  const mkdir = vi.spyOn(disk, 'mkdir').mockImplementationOnce(async (place) => {
    mkdirSync(above);
    throw Object.assign(new Error(`ENOENT, mkdir ${String(place)}`), { code: 'ENOENT' });
  });
  onTestFinished(() => mkdir.mockRestore());
  await ensureFolder(folder);
  expect(readdirSync(above)).toEqual(['b']);
});
