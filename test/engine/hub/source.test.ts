import { expect, test } from 'vitest';
import { failureOf, Transient } from '../../../src/engine/hub/failure';
import { neededFiles, shardsOf } from '../../../src/engine/hub/files';
import { createMeter } from '../../../src/engine/hub/meter';
import type { Repository } from '../../../src/engine/hub/repository';
import { endpointOf, folderName, parseSource, sourceName } from '../../../src/engine/hub/source';
import { retryAfter } from '../../../src/engine/hub/web';
import type { DownloadProgress } from '../../../src/protocol';

const HUB = new URL('https://huggingface.co');

test.each([
  ['google/vit-base-patch16-224', { repo: 'google/vit-base-patch16-224' }, 'vit-base-patch16-224'],
  ['  timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k ', { repo: 'timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k' }, 'vit_tiny_patch16_224.augreg_in21k_ft_in1k'],
  ['hf-hub:timm/test_vit.r160_in1k', { repo: 'timm/test_vit.r160_in1k' }, 'test_vit.r160_in1k'],
  ['hf_hub:facebook/dinov2-small@v1.0', { repo: 'facebook/dinov2-small', revision: 'v1.0' }, 'dinov2-small'],
  ['test_vit.r160_in1k', { repo: 'timm/test_vit.r160_in1k' }, 'test_vit.r160_in1k'],
  ['https://huggingface.co/facebook/dinov2-small', { repo: 'facebook/dinov2-small' }, 'dinov2-small'],
  ['https://huggingface.co/facebook/dinov2-small/tree/main', { repo: 'facebook/dinov2-small', revision: 'main' }, 'dinov2-small'],
  ['https://huggingface.co/a/b/resolve/refs%2Fpr%2F1/model.safetensors?download=true', { repo: 'a/b', revision: 'refs/pr/1' }, 'b'],
  ['https://huggingface.co/a/b/blob/main/onnx/other.safetensors', { repo: 'a/b', revision: 'main', weights: 'onnx/other.safetensors' }, 'b-other'],
])('%s', (text, source, folder) => {
  const parsed = parseSource(text, HUB);
  expect(parsed).toEqual({ kind: 'repo', ...source });
  expect(folderName(parsed)).toBe(folder);
});

test('an address that is a file: its name without query, and a safe folder', () => {
  const source = parseSource('https://me:pass@example.com/a/Mein%20ViT..npz?key=secret#sha256=' + 'A'.repeat(64), HUB);
  expect(source).toMatchObject({ kind: 'url', sha256: 'a'.repeat(64) });
  expect([folderName(source), sourceName(source)]).toEqual(['Mein-ViT', 'https://example.com/a/Mein%20ViT..npz']);
  expect(folderName(parseSource('https://example.com/%2e%2e%2f%2e%2e.safetensors', HUB))).toBe('example.com');
});

test('the hub of the environment, https only', () => {
  expect(endpointOf({}).href).toBe('https://huggingface.co/');
  expect(endpointOf({ HF_ENDPOINT: 'http://localhost:8080' }).href).toBe('http://localhost:8080/');
  expect(endpointOf({ HF_ENDPOINT: 'https://mirror.example/hf' }).href).toBe('https://mirror.example/hf/');
  expect(() => endpointOf({ HF_ENDPOINT: 'http://mirror.example' })).toThrow(/is not https/);
  expect(() => endpointOf({ HF_ENDPOINT: 'mirror' })).toThrow(/HF_ENDPOINT is no address: mirror/);
});

const repository = (...paths: string[]): Repository => ({ repo: 'a/b', commit: '0'.repeat(40), files: paths.map((path) => ({ path, bytes: 1 })) });
const names = (...paths: string[]): string[] => neededFiles(repository(...paths)).files.map(({ path }) => path);

test('the files of a model: weights once, and nothing that is not needed', () => {
  expect(names('README.md', 'config.json', 'model.safetensors', 'pytorch_model.bin', 'tf_model.h5', 'onnx/model.safetensors')).toEqual(['config.json', 'model.safetensors']);
  expect(names('dinov2.safetensors', 'config.json')).toEqual(['config.json', 'dinov2.safetensors']);
  expect(neededFiles(repository('model.safetensors.index.json', 'config.json', 'model-00001-of-00001.safetensors')).index?.path).toBe('model.safetensors.index.json');
  expect(neededFiles(repository('a.safetensors', 'b.safetensors'), 'b.safetensors').files.map(({ path }) => path)).toEqual(['b.safetensors']);
});

test('a choice that cannot be made, and no choice at all', () => {
  expect(() => names('a.safetensors', 'b.safetensors')).toThrow(/a\/b holds several models: a\.safetensors, b\.safetensors/);
  expect(() => names('README.md')).toThrow(/a\/b holds no weights/);
  expect(() => names('model.pth', 'flax_model.msgpack')).toThrow(/only model\.pth, flax_model\.msgpack;.*never opens pickles.*torch\.load/);
  expect(() => neededFiles(repository('model.pth'), 'model.pth')).toThrow(/is no safetensors file.*torch\.load/);
  expect(() => neededFiles(repository('README.md'), 'README.md')).toThrow(/has no safetensors file README\.md/);
});

test.each(['../x.safetensors', 'sub/x.safetensors', 'gone.safetensors', 'x.bin', 3])('an index that names %j is refused', (name) => {
  const index = JSON.stringify({ weight_map: { a: name } });
  expect(() => shardsOf(index, repository('../x.safetensors', 'sub/x.safetensors', 'x.bin'))).toThrow(/names the file .*, which the repository does not have/);
});

test.each(['', '[]', '{"weight_map": 1}', '{"weight_map": null}'])('%j is no index', (text) => {
  expect(() => shardsOf(text, repository())).toThrow(/is no index of weights/);
});

test('Retry-After: seconds, a date, and neither', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect([retryAfter('7', now), retryAfter('Thu, 01 Jan 2026 00:00:09 GMT', now), retryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now), retryAfter('soon', now), retryAfter(null, now)]).toEqual([7000, 9000, 0, undefined, undefined]);
});

test('failures of connections: which are tried again, and what is told', () => {
  const route = { host: 'hub.example', folder: '/models/NAME' };
  const failed = (code: string): Error => failureOf(new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) }), route);
  expect(failed('DEPTH_ZERO_SELF_SIGNED_CERT')).toMatchObject({ name: 'UserError', message: expect.stringMatching(/certificate of hub\.example is not trusted.*NODE_EXTRA_CA_CERTS/) as string });
  expect(failed('CERT_HAS_EXPIRED')).toMatchObject({ name: 'UserError' });
  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH']) expect(failed(code)).toMatchObject({ name: 'Transient', offline: true });
  expect(failed('ECONNRESET')).toMatchObject({ name: 'Transient', offline: false });
  const both = failureOf(new TypeError('fetch failed', { cause: new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]) }), route);
  expect(both).toBeInstanceOf(Transient);
  expect((both as Transient).final.message).toMatch(/hub\.example cannot be reached \(ECONNREFUSED\).*\/models\/NAME/);
});

test('the meter: bytes of all files, and the speed of the last seconds, parts that were there already left out', () => {
  let time = 0;
  const seen: DownloadProgress[] = [];
  const meter = createMeter((value) => seen.push(value), () => time);
  meter.expect(3000);
  meter.begin('a');
  meter.end(1000);
  meter.begin('b');
  for (const [at, bytes] of [[1000, 1500], [1500, 1600], [2000, 1700]] as const) {
    time = at;
    meter.set(bytes);
  }
  expect(seen.at(-1)).toEqual({ done: 2700, of: 3000, file: 'b', perSecond: 200 });
  // The rate of the last four seconds: 1700 at 2 s, 1800 at 6 s.
  time = 6000;
  meter.set(1800);
  expect(seen.at(-1)?.perSecond).toBe(25);
  meter.set(1850);
  expect(seen.at(-1)?.done).toBe(2800);
  meter.end(2000);
  expect(seen.at(-1)).toMatchObject({ done: 3000, of: 3000 });
});
