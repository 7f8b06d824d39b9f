import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { breaksAfter, endsAfter, HubServer, sha256, status } from '../../fixtures/hubServer';
import { config, draftOf, folderOf, get, hub, interrupted, models, partSize, read, REPO, weights, WEIGHTS, withHub } from './getting';

withHub();

describe('an interrupted download', () => {
  test('shows no model, and goes on where it stopped', async () => {
    await interrupted(1_000_000);
    expect(existsSync(folderOf())).toBe(false);
    const kept = await partSize();
    expect(kept).toBe(1_000_000);
    hub.asked.length = 0;
    await get();
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
    const [request] = hub.requests(WEIGHTS);
    expect(request?.headers.range).toBe(`bytes=${kept}-`);
    expect(request?.headers['if-range']).toBe(`"${sha256(weights).slice(0, 16)}"`);
    // The small files were complete: their hashes were checked, and nothing was asked again.
    expect(hub.requests(/config\.json/)).toEqual([]);
    expect(existsSync(draftOf())).toBe(false);
  });

  test('is not glued to another version: a new file begins at its first byte', async () => {
    await interrupted(1_000_000);
    const other = Buffer.from(weights).reverse();
    hub.models.set(REPO, { files: { 'config.json': config, 'model.safetensors': other } });
    hub.asked.length = 0;
    await get();
    expect((await read('model.safetensors')).equals(other)).toBe(true);
    expect(hub.requests(WEIGHTS)[0]?.headers.range).toBeUndefined();
  });

  test('whose kept part is damaged is found out by the hash, and begins anew', async () => {
    await interrupted(1_000_000);
    const part = path.join(draftOf(), 'model.safetensors.part');
    await writeFile(part, Buffer.alloc(await partSize()));
    await expect(get()).rejects.toThrow(new RegExp(`damaged: its checksum is [0-9a-f]{64} and should be ${sha256(weights)}`));
    expect(existsSync(part)).toBe(false);
    await get();
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
  });

  test('whose server knows no ranges is given the whole file, and takes it from the first byte', async () => {
    await interrupted(1_000_000);
    hub.rule(/^cdn\/blob/, (_, response) => void response.writeHead(200, { 'content-length': weights.length }).end(weights), 1);
    await get();
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
  });

  test('whose part is all there already is only checked', async () => {
    await interrupted(1_000_000);
    await writeFile(path.join(draftOf(), 'model.safetensors.part'), weights);
    hub.asked.length = 0;
    await get();
    expect(hub.requests(WEIGHTS)).toEqual([]);
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
  });

  test('whose part is longer than the file (416) begins anew', async () => {
    await interrupted(1_000_000);
    await writeFile(path.join(draftOf(), 'model.safetensors.part'), Buffer.alloc(weights.length + 5));
    await get();
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
  });
});

describe('a bad connection', () => {
  test.each([['breaks', breaksAfter], ['ends too early', endsAfter]])('that %s in the middle is taken up again, with what has arrived', async (_, cut) => {
    hub.rule(/^cdn\/blob/, cut(700_000), 3);
    await get();
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
    const ranges = hub.requests(WEIGHTS).map(({ headers }) => headers.range);
    expect(ranges).toHaveLength(4);
    expect(ranges.slice(1).every((range) => /^bytes=\d+-$/.test(range ?? ''))).toBe(true);
  });

  test('that gets further each time is given as many tries as it takes', async () => {
    hub.rule(/^cdn\/blob/, breaksAfter(200_000), 12);
    await get();
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
  });

  test('that never gets further is given up, with what has arrived kept', async () => {
    hub.rule(/^cdn\/blob/, breaksAfter(500_000), 1);
    hub.rule(/^cdn\/blob/, (request) => request.socket.destroy());
    await expect(get()).rejects.toThrow(/broke again and again .*goes on from there/);
    expect(await partSize()).toBe(500_000);
  });

  test('500 twice, then the file: it is waited for longer each time', async () => {
    hub.rule(/^hub\/.*resolve/, status(500), 2);
    const waits: string[] = [];
    await get({}, { retryMs: 40, onProgress: ({ message }) => message !== undefined && waits.push(message) });
    expect(waits).toEqual([expect.stringMatching(/127\.0\.0\.1:\d+: 500 Internal Server Error; again in 1 s/), expect.stringMatching(/500/)]);
    expect((await read('model.safetensors')).equals(weights)).toBe(true);
  });

  test('500 for ever is told', async () => {
    hub.rule(/^hub\/.*resolve/, status(503));
    await expect(get()).rejects.toThrow(/has trouble \(503 Service Unavailable\)/);
    expect(hub.requests(/resolve/)).toHaveLength(5);
    expect(await readdir(models)).toEqual([]);
  });

  test('429: asked again after as long as the server wishes, not sooner', async () => {
    hub.rule(/^hub\/.*model\.safetensors/, status(429, { 'retry-after': '1' }), 1);
    const times: number[] = [];
    hub.rule(/^hub\/.*model\.safetensors/, (_, __, next) => (times.push(performance.now()), next()));
    const start = performance.now();
    await get();
    // A second, less the coarseness of timers.
    expect(times[0]! - start).toBeGreaterThan(990);
  });

  test('429 for an hour is told at once, and that a token helps', async () => {
    hub.rule(/^hub\/api/, status(429, { 'retry-after': '3600' }));
    await expect(get()).rejects.toThrow(/too many requests.*\(429\).*again in 3600 s.*HF_TOKEN/);
  });

  test('a body that is longer than the file is stopped', async () => {
    hub.rule(/^cdn\/blob/, (_, response) => void response.writeHead(200).end(Buffer.concat([weights, weights])));
    await expect(get()).rejects.toThrow(/sends more than the 3000000 bytes/);
  });

  test('other bytes of the right length are found out', async () => {
    hub.rule(/^cdn\/blob/, status(200, {}, 'x'.repeat(weights.length)), 1);
    await expect(get()).rejects.toThrow(/arrived damaged/);
    expect(existsSync(folderOf())).toBe(false);
  });

  test('a small file is held against the hash that Git gives it', async () => {
    hub.rule(/^hub\/api\/resolve-cache.*\/config\.json/, status(200, {}, 'y'.repeat(config.length)), 1);
    await expect(get()).rejects.toThrow(/config\.json arrived damaged/);
  });

  test('a circle of redirections ends', async () => {
    hub.rule(/^hub\/.*resolve/, (request, response) => void response.writeHead(302, { location: request.url ?? '' }).end());
    await expect(get()).rejects.toThrow(/from one address to the next/);
  });

  test('a redirection to plain http elsewhere is refused', async () => {
    hub.rule(/^hub\/.*resolve/, status(302, { location: 'http://example.com/model.safetensors' }));
    await expect(get()).rejects.toThrow(/http:\/\/example\.com\/model\.safetensors is not https/);
  });

  test('a login page of a network in place of the hub is recognised', async () => {
    hub.rule(/^hub\/api/, status(200, { 'content-type': 'text/html' }, '<html>Log in</html>'));
    await expect(get()).rejects.toThrow(/does not answer as the Hugging Face Hub does/);
  });

  test('no network at all: where a model can be put by hand', async () => {
    const free = await HubServer.start();
    await free.close();
    await expect(get({}, { env: { HF_ENDPOINT: free.endpoint } })).rejects.toThrow(/cannot be reached \(ECONNREFUSED\): is this machine offline\?.*by hand into .*models.*config\.json/);
    await expect(get({}, { env: { HF_ENDPOINT: 'https://no-such-host.invalid' } })).rejects.toThrow(/no-such-host\.invalid cannot be reached/);
    expect(existsSync(models)).toBe(false);
  });
});
