import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { strToU8, zipSync, type Zippable } from 'fflate';
import { expect, test } from 'vitest';
import { openDataset } from '../../../src/engine/dataset/open';
import { openZip } from '../../../src/engine/zipFile';
import { temporaryFolder, testData } from '../../fixtures/data';
import { classTree, configOf } from './pictures';

async function writeZip(content: Zippable | Uint8Array): Promise<string> {
  const file = path.join(await temporaryFolder(), 'animals.zip');
  await writeFile(file, content instanceof Uint8Array ? content : zipSync(content));
  return file;
}

/** Writes over the text of a name, in both headers, with another one of the same length. */
function renamed(zip: Uint8Array, from: string, to: string): Uint8Array {
  expect(to.length).toBe(from.length);
  return Buffer.from(Buffer.from(zip).toString('latin1').replaceAll(from, to), 'latin1');
}

test('a zip of an image folder opens, with a folder around it and what macOS adds', async () => {
  const files = await classTree('animals/train/', ['ant', 'bee'], 5);
  const file = await writeZip({ ...files, '__MACOSX/animals/train/ant/._0.png': strToU8('x'), 'animals/.DS_Store': strToU8('x') });
  const opened = await openDataset(configOf({ path: file, val_split: 0.2, test_split: 0 }), '/');
  expect([opened.name, opened.format, opened.classes.join()]).toEqual(['animals', 'zip', 'ant,bee']);
  expect([opened.splits.train.size, opened.splits.val.size, opened.splits.test.size]).toEqual([8, 2, 0]);
  expect(opened.splits.train.name(0)).toMatch(/animals\.zip!animals\/train\/ant\/\d\.png$/);
  expect(opened.broken).toEqual([]);
});

test('stored and deflated members both come back whole', async () => {
  const text = strToU8('0123456789'.repeat(500));
  const zip = await openZip(await writeZip({ 'stored.txt': [text, { level: 0 }], 'packed.txt': [text, { level: 9 }] }));
  for (const entry of zip.entries) expect(Buffer.from(await zip.read(entry))).toEqual(Buffer.from(text));
});

test('a damaged member is one broken file', async () => {
  const files = await classTree('', ['a', 'b'], 5);
  const bytes = zipSync(files, { level: 0 });
  const at = Buffer.from(bytes).indexOf(files['a/3.png']!);
  bytes[at + 50]! ^= 0xff;
  const opened = await openDataset(configOf({ path: await writeZip(bytes), test_split: 0, val_split: 0 }), '/');
  expect(opened.broken).toEqual([{ file: expect.stringMatching(/!a\/3\.png$/), reason: 'the file is cut off or damaged' }]);
  expect(opened.splits.train.size).toBe(9);
});

test('hostile archives are refused with the reason', async () => {
  const plain = zipSync({ 'aa/b.png': strToU8('x'), 'ab/b.png': strToU8('y') });
  const link = zipSync({ 'a/link.png': [strToU8('/etc/passwd'), { os: 3, attrs: (0o120777 << 16) >>> 0 }] });
  const shared = Buffer.from(plain);
  const second = shared.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  shared.writeUInt32LE(0, second + 42);
  const endless = Buffer.from(plain);
  endless.writeUInt32LE(0x7fffffff, endless.length - 22 + 12);
  const cases: readonly (readonly [Zippable | Uint8Array, RegExp])[] = [
    [renamed(plain, 'aa/b.png', '../b.png'), /"\.\.\/b\.png" leads out of the archive/],
    [renamed(plain, 'aa/b.png', '/a/b.png'), /leads out of the archive/],
    [renamed(plain, 'aa/b.png', 'C:/b.png'), /leads out of the archive/],
    [renamed(plain, 'aa/b.png', '..\\b.png'), /leads out of the archive/],
    [renamed(plain, 'aa/b.png', 'ab/b.png'), /holds "ab\/b\.png" twice/],
    [link, /symbolic link, "a\/link\.png"/],
    [{ 'a/bomb.png': new Uint8Array(20e6) }, /unpack to more than 1000 times its size/],
    [endless, /lists more than 500000 files/],
    [shared, /overlaps another file/],
    [plain.subarray(0, plain.length - 30), /no zip archive, or it is cut off/],
    [strToU8('PK\x03\x04 and then nothing of the kind'), /no zip archive/],
    [new Uint8Array(0), /no zip archive/],
  ];
  for (const [content, reason] of cases) await expect(openZip(await writeZip(content)), String(reason)).rejects.toThrow(reason);
});

test('a member that lies about its size is stopped at what it promised', async () => {
  const bytes = Buffer.from(zipSync({ 'a/big.png': new Uint8Array(900_000) }));
  const listed = bytes.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  bytes.writeUInt32LE(1000, listed + 24);
  const zip = await openZip(await writeZip(bytes));
  await expect(zip.read(zip.entries[0]!)).rejects.toThrow(/cut off or damaged/);
});

test('CIFAR-10 opens in part, without unpacking the rest', async () => {
  const file = testData('cifar10-images.zip');
  if (file === undefined) return;
  const config = configOf({ path: file, limit: { train: 200, val: 20, test: 100 } }, { image: { size: 32 } });
  const { classes, splits, broken, fingerprint } = await openDataset(config, '/');
  expect(classes).toEqual(['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']);
  expect([splits.train.size, splits.val.size, splits.test.size, broken.length]).toEqual([200, 20, 100, 0]);
  for (let label = 0; label < 10; label++) expect(splits.train.labels.filter((one) => one === label)).toHaveLength(20);
  expect(splits.test.name(99)).toMatch(/!test\/truck\/\d{4}\.jpg$/);
  const { data } = await splits.train.read(Int32Array.from({ length: 200 }, (_, i) => i));
  // The mean of CIFAR-10's training images is (0.491, 0.482, 0.447) with a deviation of 0.2 between pixels; the mean
  // over 200 whole images scatters by about 0.01.
  for (const [c, mean] of [0.491, 0.482, 0.447].entries()) {
    let sum = 0;
    for (let i = c; i < data.length; i += 3) sum += data[i]!;
    expect(Math.abs(sum / (data.length / 3) / 255 - mean)).toBeLessThan(0.04);
  }
  expect((await openDataset(config, '/')).fingerprint).toBe(fingerprint);
});
