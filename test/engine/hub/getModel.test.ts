import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { disk } from '../../../src/engine/atomic';
import { listModels } from '../../../src/engine/hub/listModels';
import type { DownloadProgress } from '../../../src/protocol';
import { COMMIT, sha256, stallsAfter, status, TOKEN } from '../../fixtures/hubServer';
import { arrived, config, draftOf, folderOf, get, hub, models, partSize, preprocessor, read, REPO, weights, withHub } from './getting';

withHub();

describe('a model', () => {
  test('comes whole: weights, configuration and preprocessing, with hashes and where they are from', async () => {
    const got = await get();
    expect(got).toMatchObject({ source: REPO, folder: folderOf(), commit: COMMIT, licence: 'apache-2.0', reused: false, bytes: config.length + preprocessor.length + weights.length });
    expect((await readdir(folderOf())).sort()).toEqual(['config.json', 'model.safetensors', 'preprocessor_config.json', 'vit-lab-source.json']);
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
    expect((await read('config.json')).equals(config)).toBe(true);
    const record = JSON.parse(String(await read('vit-lab-source.json'))) as { source: string; commit: string; files: { name: string; sha256: string }[] };
    expect(record).toMatchObject({ source: REPO, revision: 'main', commit: COMMIT });
    expect(record.files.find(({ name }) => name === 'model.safetensors')?.sha256).toBe(sha256(weights));
    expect(await readdir(models)).toEqual(['vit_lab_test.r16']);
  });

  test('is fetched at one commit, although a branch was asked for', async () => {
    await get({ revision: 'main' });
    for (const { url } of hub.requests(/resolve\//)) expect(url).toContain(`/resolve/${COMMIT}/`);
  });

  test('is not fetched twice: nothing is asked, so it needs no network', async () => {
    await get();
    hub.asked.length = 0;
    expect(await get()).toMatchObject({ reused: true, folder: folderOf(), bytes: config.length + preprocessor.length + weights.length });
    expect(hub.asked).toEqual([]);
  });

  test.each(['hf-hub:timm/vit_lab_test.r16@main', () => `${hub.endpoint}/timm/vit_lab_test.r16`, () => `${hub.endpoint}/timm/vit_lab_test.r16/blob/main/model.safetensors`])('is named as timm does, or by its page: %s', async (name) => {
    expect(await get({ source: typeof name === 'string' ? name : name() })).toMatchObject({ source: REPO, folder: folderOf() });
  });

  test('goes where --to says', async () => {
    const to = path.join(models, 'mine');
    expect(await get({ to })).toMatchObject({ folder: to });
    expect(existsSync(path.join(to, 'model.safetensors'))).toBe(true);
  });

  test('in shards comes with its index and every shard, each once', async () => {
    const shards = { 'model-00001-of-00002.safetensors': weights.subarray(0, 1000), 'model-00002-of-00002.safetensors': weights.subarray(1000, 3000) };
    const index = Buffer.from(JSON.stringify({ metadata: { total_size: 3000 }, weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors', c: 'model-00001-of-00002.safetensors' } }));
    hub.models.set(REPO, { files: { 'config.json': config, 'model.safetensors.index.json': index, ...shards } });
    const of: number[] = [];
    const got = await get({}, { onProgress: (value) => of.push(value.of) });
    expect(got.files.map(({ name }) => name)).toEqual(['model.safetensors.index.json', 'config.json', ...Object.keys(shards)]);
    expect(of.at(-1)).toBe(3000 + index.length + config.length);
  });

  test('tells how far it is, in bytes of all files, and how fast', async () => {
    const seen: DownloadProgress[] = [];
    await get({}, { onProgress: (value) => seen.push(value) });
    const all = config.length + preprocessor.length + weights.length;
    expect(seen.at(-1)).toMatchObject({ done: all, of: all, file: 'model.safetensors' });
    expect(seen.every(({ done }, i) => i === 0 || done >= seen[i - 1]!.done)).toBe(true);
  });
});

describe('what is not there', () => {
  test.each([undefined, TOKEN])('a model: the names that are near (token %s)', async (token) => {
    await expect(get({ source: 'timm/vit_lab_tst.r16', ...(token === undefined ? {} : { token }) })).rejects.toMatchObject({ name: 'NoSuchModel' });
    await expect(get({ source: 'tim/vit_lab_test', ...(token === undefined ? {} : { token }) })).rejects.toThrow(new RegExp(`Did you mean ${REPO}\\?`));
    await expect(get({ source: 'timm/vit_tiny_patch16_224.augreg', ...(token === undefined ? {} : { token }) })).rejects.toThrow(/Did you mean .*timm\/vit_tiny_patch16_224\.augreg_in21k_ft_in1k/);
    expect(existsSync(models)).toBe(false);
  });

  test('a revision', async () => {
    await expect(get({ revision: 'v9' })).rejects.toThrow(/timm\/vit_lab_test\.r16 has no revision “v9”.*\/refs lists/);
    hub.models.set(REPO, { ...hub.models.get(REPO)!, branches: ['refs/pr/1'] });
    expect(await get({ revision: 'refs/pr/1' })).toMatchObject({ commit: COMMIT });
  });

  test('safetensors: pickles are not fetched, and how to convert them is told', async () => {
    hub.models.set(REPO, { files: { 'config.json': config, 'pytorch_model.bin': weights } });
    await expect(get()).rejects.toThrow(/no weights as safetensors, only pytorch_model\.bin.*never opens pickles.*python -c "import torch, safetensors/);
    expect(hub.requests(/resolve/)).toEqual([]);
    expect(existsSync(models)).toBe(false);
  });

  test('a file that went away between listing and fetching', async () => {
    hub.rule(/^hub\/.*resolve/, status(404, { 'x-error-code': 'EntryNotFound' }));
    await expect(get()).rejects.toThrow(/has no such file \(404\)/);
  });
});

describe('the disk', () => {
  test('is asked for room before anything is fetched', async () => {
    hub.models.set(REPO, { ...hub.models.get(REPO)!, claims: { 'model.safetensors': 1e18 } });
    await expect(get()).rejects.toThrow(/MB free, and 10000000000\d\d MB are needed/);
    expect(hub.requests(/resolve/)).toEqual([]);
  });

  test('is asked for room where only the answer tells the size', async () => {
    hub.plain.set('w.safetensors', { data: weights });
    hub.rule(/^cdn\/plain/, (_, response) => void response.writeHead(200, { 'content-length': '1000000000000000' }).write('x'));
    await expect(get({ source: `${hub.cdn}/plain/w.safetensors` })).rejects.toThrow(/MB are needed/);
  });

  test('that is full is told, and the part stays', async () => {
    const open = disk.open;
    const spy = vi.spyOn(disk, 'open').mockImplementation(async (file, flags) => {
      const handle = await open(file, flags);
      if (!String(file).endsWith('model.safetensors.part')) return handle;
      const write = handle.write.bind(handle) as (buffer: Uint8Array, offset: number, length: number, position: number) => Promise<{ bytesWritten: number; buffer: Uint8Array }>;
      let written = 0;
      handle.write = (async (buffer: Uint8Array, offset: number, length: number, position: number) => {
        if ((written += length) > 1_000_000) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        return write(buffer, offset, length, position);
      }) as typeof handle.write;
      return handle;
    });
    onTestFinished(() => spy.mockRestore());
    await expect(get()).rejects.toThrow(/Cannot write .*model\.safetensors\.part: the disk is full/);
    spy.mockRestore();
    expect(await partSize()).toBeGreaterThan(0);
    await get();
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
  });

  test('something else of that name is not touched', async () => {
    await mkdir(folderOf(), { recursive: true });
    await writeFile(path.join(folderOf(), 'notes.txt'), 'mine');
    await expect(get()).rejects.toThrow(/is there already and holds something else/);
    expect(await readdir(folderOf())).toEqual(['notes.txt']);
  });

  test('an empty folder of that name is filled', async () => {
    await mkdir(folderOf(), { recursive: true });
    expect(await get()).toMatchObject({ reused: false });
  });

  test('another model, another revision and a damaged one are told apart', async () => {
    await get();
    hub.models.set('other/vit_lab_test.r16', hub.models.get(REPO)!);
    await expect(get({ source: 'other/vit_lab_test.r16' })).rejects.toThrow(/holds timm\/vit_lab_test\.r16 already/);
    await expect(get({ revision: 'v2' })).rejects.toThrow(/at the revision main already/);
    expect(await get({ revision: COMMIT })).toMatchObject({ reused: true });
    await writeFile(path.join(folderOf(), 'model.safetensors'), 'x');
    await expect(get()).rejects.toThrow(/not as they were downloaded/);
  });

  test('one download at a time into a folder; a lock that a dead process left is no obstacle', async () => {
    hub.rule(/^cdn\/blob/, stallsAfter(1000), 1);
    const stop = new AbortController();
    const running = get({}, { signal: stop.signal });
    await arrived(path.join(draftOf(), 'model.safetensors.part'), 1000);
    await expect(get()).rejects.toThrow(/is being downloaded already/);
    stop.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    await writeFile(path.join(draftOf(), 'lock'), '4194303');
    expect(await get()).toMatchObject({ reused: false });
  });
});

test('the list marks what is downloaded, and shows what else there is', async () => {
  hub.models.set('timm/test_vit.r160_in1k', hub.models.get(REPO)!);
  await get({ source: 'test_vit.r160_in1k' });
  await get();
  // What is half there is no model, whatever it says of itself.
  await mkdir(draftOf('half'), { recursive: true });
  await copyFile(path.join(folderOf(), 'vit-lab-source.json'), path.join(draftOf('half'), 'vit-lab-source.json'));
  const listed = await listModels({ models });
  expect(listed.find(({ source }) => source === 'timm/test_vit.r160_in1k')).toMatchObject({ folder: folderOf('test_vit.r160_in1k'), params: 371_240 });
  expect(listed.at(-1)).toEqual({ source: REPO, params: null, licence: 'apache-2.0', what: '', folder: folderOf() });
  expect(listed.filter(({ folder }) => folder !== null)).toHaveLength(2);
  expect((await listModels({ models: path.join(models, 'none') })).every(({ folder }) => folder === null)).toBe(true);
});
