import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { zipSync, type Zippable } from 'fflate';
import { expect, test } from 'vitest';
import { changeNotes, createRun, listCheckpoints, listRuns, readMetrics, readRun } from '../../../src/engine/runStore';
import { exportRun, importRun } from '../../../src/engine/runs/oneFile';
import { loadCheckpoint } from '../../../src/engine/checkpoint';
import { newRun, pointAt, temporaryFolder } from '../runFixture';

const quiet = { signal: new AbortController().signal, onProgress: () => undefined };

async function trained(): Promise<string> {
  const writer = await createRun(newRun(temporaryFolder()));
  await writer.event({ step: 10, epoch: 1, time: 5, values: { 'val/top1': 0.5 } });
  await writer.savePoint(pointAt(1, true));
  await writer.finish('finished', 'completed', { 'test/top1': 0.5 });
  await changeNotes([writer.path], { starred: true, note: 'mine' });
  return writer.path;
}

test('a run comes back as it was, under a name that is free', async () => {
  const run = await trained();
  writeFileSync(path.join(run, 'run.json.9-ab.tmp'), 'left over');
  symlinkSync('/etc/hostname', path.join(run, 'link.txt'));
  const file = path.join(temporaryFolder(), 'mine.vitrun');
  let last: readonly number[] = [];
  const { bytes } = await exportRun({ run, file, force: false }, { ...quiet, onProgress: (done, of) => (last = [done, of]) });
  expect(bytes).toBe(statSync(file).size);
  expect(last[0]).toBe(last[1]);
  await expect(exportRun({ run, file, force: false }, quiet)).rejects.toThrow('is there already');
  const runs = path.join(temporaryFolder(), 'new');
  const { run: back } = await importRun({ file, runs }, quiet);
  expect(path.basename(back)).toBe(path.basename(run));
  expect({ ...(await readRun(back)), path: '' }).toEqual({ ...(await readRun(run)), path: '' });
  expect(await readMetrics(back)).toEqual(await readMetrics(run));
  const [before, after] = [(await listCheckpoints(run))[0]!, (await listCheckpoints(back))[0]!];
  expect(readFileSync(after.path).equals(readFileSync(before.path))).toBe(true);
  await loadCheckpoint(after.path);
  expect(readdirSync(back).filter((name) => /tmp$|link|^owner|^released/.test(name))).toEqual([]);
  expect((await importRun({ file, runs }, quiet)).run).toBe(`${back}-2`);
  expect(readdirSync(runs)).toHaveLength(2);
});

test('one that trains is not exported, and what was stopped leaves nothing', async () => {
  const writer = await createRun(newRun(temporaryFolder()));
  const folder = temporaryFolder();
  await expect(exportRun({ run: writer.path, file: path.join(folder, 'a.vitrun'), force: false }, quiet)).rejects.toThrow('is training');
  await writer.finish('finished', 'completed', {});
  const stop = new AbortController();
  stop.abort();
  await expect(exportRun({ run: writer.path, file: path.join(folder, 'a.vitrun'), force: false }, { ...quiet, signal: stop.signal })).rejects.toThrow();
  expect(readdirSync(folder)).toEqual([]);
});

const text = (value: string): Uint8Array => Buffer.from(value);

test('hostile archives are refused, and leave nothing behind', async () => {
  const run = await trained();
  const record = readFileSync(path.join(run, 'run.json'));
  const good: Zippable = { 'r/run.json': record };
  const link: Zippable = { ...good, 'r/log.jsonl': [text('/etc/passwd'), { os: 3, attrs: (0o120777 << 16) >>> 0 }] };
  const hostile: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['no zip', text('hello'), /no zip archive/],
    ['nothing', zipSync({}), /no run/],
    ['no record', zipSync({ 'r/config.yaml': text('a: 1') }), /no run/],
    ['traversal', zipSync({ ...good, 'r/../../evil.txt': text('x') }), /leads out/],
    ['traversal by backslashes', zipSync({ ...good, 'r\\..\\..\\evil.txt': text('x') }), /leads out/],
    ['absolute', zipSync({ ...good, '/tmp/evil.txt': text('x') }), /leads out/],
    ['drive', zipSync({ ...good, 'C:/evil.txt': text('x') }), /leads out/],
    ['second folder', zipSync({ ...good, 'other/evil.txt': text('x') }), /no file of a run/],
    ['hidden', zipSync({ ...good, 'r/.git/config': text('x') }), /no file of a run/],
    ['hidden run', zipSync({ '.r/run.json': record }), /no run/],
    ['owner', zipSync({ ...good, 'r/owner.7': text('{}') }), /no file of a run/],
    ['stop', zipSync({ ...good, 'r/stop': text('') }), /no file of a run/],
    ['too deep', zipSync({ ...good, 'r/a/b/c/d.txt': text('x') }), /no file of a run/],
    ['stream of a file', zipSync({ ...good, 'r/log.jsonl:hidden': text('x') }), /no file of a run/],
    ['capitals', zipSync({ ...good, 'r/LOG.jsonl': text('x'), 'r/log.jsonl': text('y') }), /twice/],
    ['link', zipSync(link), /symbolic link/],
    ['bomb of one', zipSync({ ...good, 'r/log.jsonl': new Uint8Array(40 * 2 ** 20) }), /times its size/],
    ['bomb of many', zipSync({ ...good, ...Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`r/a${i}.txt`, new Uint8Array(2 ** 20)])) }), /times its size/],
    ['damaged record', zipSync({ 'r/run.json': text('{"format": 1}') }), /damaged/],
    ['newer record', zipSync({ 'r/run.json': text('{"format": 2}') }), /newer version/],
    ['cut off', zipSync(good).subarray(0, 200), /no zip archive|cut off/],
  ];
  for (const [name, bytes, message] of hostile) {
    const folder = temporaryFolder();
    const file = path.join(folder, 'x.vitrun');
    writeFileSync(file, bytes);
    const runs = path.join(folder, 'runs');
    mkdirSync(runs);
    await expect(importRun({ file, runs }, quiet), name).rejects.toThrow(message);
    expect(readdirSync(runs), name).toEqual([]);
    expect(readdirSync(folder).sort(), name).toEqual(['runs', 'x.vitrun']);
  }
  // A member whose bytes are not what their sum says.
  const bytes = zipSync({ 'r/run.json': [record, { level: 0 }] });
  bytes[60]! ^= 1;
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'x.vitrun'), bytes);
  await expect(importRun({ file: path.join(folder, 'x.vitrun'), runs: folder }, quiet)).rejects.toThrow('r/run.json');
  await expect(importRun({ file: path.join(folder, 'none.vitrun'), runs: folder }, quiet)).rejects.toThrow('There is no file');
  expect(existsSync(path.join(folder, 'r'))).toBe(false);
  expect(await listRuns(folder)).toEqual([]);
});
