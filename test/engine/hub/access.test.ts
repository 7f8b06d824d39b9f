import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { breaksAfter, sha256, stallsAfter, startProxy, status, TOKEN } from '../../fixtures/hubServer';
import { arrived, config, draftOf, folderOf, get, hub, models, read, weights, withHub } from './getting';

withHub();

describe('the token', () => {
  test('goes to the hub, and never to the host of the files', async () => {
    await get({}, { env: { HF_TOKEN: TOKEN } });
    const [toHub, toCdn] = (['hub', 'cdn'] as const).map((server) => hub.asked.filter((asked) => asked.server === server));
    expect(toHub!.length).toBeGreaterThan(4);
    expect(toHub!.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(toCdn!.length).toBeGreaterThan(0);
    expect(toCdn!.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test('does not go to other addresses', async () => {
    hub.plain.set('model.safetensors', { data: weights });
    await get({ source: `${hub.cdn}/plain/model.safetensors`, token: TOKEN });
    expect(hub.asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test('opens a private model; that of the question goes before that of the environment', async () => {
    hub.models.set('me/private', { private: true, files: { 'model.safetensors': weights } });
    expect(await get({ source: 'me/private', token: TOKEN }, { env: { HF_TOKEN: 'hf_other' } })).toMatchObject({ source: 'me/private' });
  });

  test('that is wrong is told as such, and not shown', async () => {
    const failure = await get({ token: 'hf_wrong' }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ name: 'TokenNeeded', message: expect.stringMatching(/does not know the token \(401\).*settings\/tokens.*HF_TOKEN/) as string });
    const odd = await get({ token: 'hf_with\nbreak' }).catch((error: unknown) => error as Error);
    expect(String(odd)).toMatch(/characters that no token/);
    for (const error of [failure, odd]) expect(String(error)).not.toMatch(/hf_w/);
  });

  test('for a gated model: where to accept, and where to put the token', async () => {
    hub.models.set('meta/gated', { gated: 'token', files: { 'config.json': config, 'model.safetensors': weights } });
    const question = { source: 'meta/gated' };
    await expect(get(question)).rejects.toMatchObject({ name: 'TokenNeeded', message: expect.stringMatching(/gated: log in, accept its conditions at http.*\/meta\/gated, and make a token at http.*\/settings\/tokens.*HF_TOKEN.*Set Hugging Face Token/) as string });
    expect(await readdir(models)).toEqual([]);
    expect(await get({ ...question, token: TOKEN })).toMatchObject({ source: 'meta/gated' });
  });

  test('of an account that has not accepted: 403', async () => {
    hub.models.set('meta/closed', { gated: 'nobody', files: { 'model.safetensors': weights } });
    await expect(get({ source: 'meta/closed', token: TOKEN })).rejects.toThrow(/the account of your token may not read it yet.*accept its conditions at http.*\/meta\/closed/);
  });
});

describe('an address', () => {
  const source = (): string => `${hub.cdn}/plain/ViT S 16.safetensors?key=secret`;

  test('of a weights file makes a model folder, and its query is not written down', async () => {
    hub.plain.set('ViT%20S%2016.safetensors', { data: weights, etag: '"a"' });
    const got = await get({ source: source() });
    expect(got).toMatchObject({ folder: folderOf('ViT-S-16'), commit: null, licence: null, files: [{ name: 'model.safetensors', sha256: sha256(weights) }] });
    expect(String(await read('vit-lab-source.json', folderOf('ViT-S-16')))).not.toContain('secret');
  });

  test('whose file changes in the middle begins anew, by its ETag', async () => {
    hub.plain.set('w.safetensors', { data: weights, etag: '"a"' });
    hub.rule(/^cdn\/plain/, stallsAfter(1_000_000), 1);
    const stop = new AbortController();
    const address = `${hub.cdn}/plain/w.safetensors`;
    const running = expect(get({ source: address }, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await arrived(path.join(draftOf('w'), 'model.safetensors.part'), 1_000_000);
    stop.abort();
    await running;
    const other = Buffer.from(weights).reverse();
    hub.plain.set('w.safetensors', { data: other, etag: '"b"' });
    hub.asked.length = 0;
    await get({ source: address });
    expect(hub.requests(/plain/)[0]?.headers).toMatchObject({ range: 'bytes=1000000-', 'if-range': '"a"' });
    expect((await read('model.safetensors', folderOf('w'))).equals(other)).toBe(true);
  });

  test('without ETag is never glued', async () => {
    hub.plain.set('w.safetensors', { data: weights });
    hub.rule(/^cdn\/plain/, breaksAfter(1_000_000), 1);
    await get({ source: `${hub.cdn}/plain/w.safetensors` });
    expect(hub.requests(/plain/).map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
    expect((await read('model.safetensors', folderOf('w'))).equals(weights)).toBe(true);
  });

  test('may carry the checksum', async () => {
    hub.plain.set('w.safetensors', { data: weights });
    await expect(get({ source: `${hub.cdn}/plain/w.safetensors#sha256=${'0'.repeat(64)}` })).rejects.toThrow(/should be 0{64}/);
    expect(await get({ source: `${hub.cdn}/plain/w.safetensors#sha256=${sha256(weights)}` })).toMatchObject({ reused: false });
  });

  test('of a web page is told', async () => {
    hub.rule(/^cdn/, status(200, { 'content-type': 'text/html; charset=utf-8' }, '<!DOCTYPE html>'));
    await expect(get({ source: `${hub.cdn}/plain/w.safetensors` })).rejects.toThrow(/is a web page, not a model/);
  });

  test.each([
    ['http://example.com/w.safetensors', /is not https/],
    ['ftp://example.com/w.safetensors', /is not https/],
    ['https://example.com/weights', /no address of a \.safetensors or \.npz file/],
    ['https://example.com/model.pth', /is a Python pickle[^]*torch\.load\('model\.pth'/],
    ['vit', /no name of a model/],
    ['../../etc', /no name of a model/],
    ['a/b/c', /no name of a model/],
    ['https://huggingface.co/datasets', /no page of a model/],
  ])('%s is refused', async (source, message) => {
    await expect(get({ source })).rejects.toThrow(message);
    expect(existsSync(models)).toBe(false);
  });
});

describe('a proxy', () => {
  test('of the settings is used for all, the hosts without it excepted', async () => {
    const proxy = await startProxy();
    onTestFinished(() => proxy.close());
    await get({ proxy: proxy.url, noProxy: '' });
    expect(new Set(proxy.hosts)).toEqual(new Set([new URL(hub.endpoint).host, new URL(hub.cdn).host]));
    proxy.hosts.length = 0;
    await get({ proxy: proxy.url, noProxy: '127.0.0.1', to: folderOf('other') });
    expect(proxy.hosts).toEqual([]);
  });

  test('of the environment is used, unless the settings want none', async () => {
    const proxy = await startProxy();
    onTestFinished(() => proxy.close());
    for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy']) vi.stubEnv(name, proxy.url);
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
    onTestFinished(() => void vi.unstubAllEnvs());
    await get({ proxy: '', to: folderOf('one') });
    expect(proxy.hosts).toEqual([]);
    await get({ to: folderOf('two') });
    expect(proxy.hosts.length).toBeGreaterThan(0);
  });

  test('that refuses, that is away and that is no address are told, without its password', async () => {
    const proxy = await startProxy(407);
    onTestFinished(() => proxy.close());
    const secret = proxy.url.replace('http://', 'http://me:secret@');
    const refused = await get({ proxy: secret, noProxy: '' }).then(String, String);
    expect(refused).toMatch(/The proxy http:\/\/127\.0\.0\.1:\d+\/ answers 407/);
    await proxy.close();
    const away = await get({ proxy: secret, noProxy: '' }).then(String, String);
    expect(away).toMatch(/cannot be reached \(ECONNREFUSED\).*The proxy is http:\/\/127\.0\.0\.1:\d+\//);
    expect(refused + away).not.toContain('secret');
    await expect(get({ proxy: 'nonsense', noProxy: '' })).rejects.toThrow(/address of the proxy is none: nonsense/);
  });
});
