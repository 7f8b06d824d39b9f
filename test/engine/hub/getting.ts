import { readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { getModel } from '../../../src/engine/hub/getModel';
import type { DownloadProgress, GotModel, ModelQuestion } from '../../../src/protocol';
import { HubServer, stallsAfter } from '../../fixtures/hubServer';
import { temporaryFolder } from '../tiny';

export const REPO = 'timm/vit_lab_test.r16';
export const config = Buffer.from('{"architecture": "test_vit"}');
export const preprocessor = Buffer.from('{"image_mean": [0.5]}');
/** 3 MB that no two places share. */
export const weights = Buffer.from(Uint32Array.from({ length: 750_000 }, (_, i) => Math.imul(i + 1, 2654435761)).buffer);
export const WEIGHTS = /^\/blob\/.*model\.safetensors/;

/** The server of the file's tests, and the folder of models of the present test. */
export let hub: HubServer;
export let models: string;

/** Gives a test file a server, and each of its tests a model on it and an empty place for models. */
export function withHub(): void {
  beforeAll(async () => {
    hub = await HubServer.start();
  });
  afterAll(() => hub.close());
  beforeEach(async () => {
    hub.reset();
    models = path.join(await temporaryFolder(), 'models');
    hub.models.set(REPO, { licence: 'apache-2.0', files: { 'config.json': config, 'preprocessor_config.json': preprocessor, 'README.md': Buffer.from('#'), 'pytorch_model.bin': Buffer.from('pickle'), 'model.safetensors': weights } });
  });
}

interface Extra {
  readonly signal?: AbortSignal;
  readonly onProgress?: (value: DownloadProgress) => void;
  readonly env?: Record<string, string>;
  readonly retryMs?: number;
}

export function get(question: Partial<ModelQuestion> = {}, { signal = new AbortController().signal, onProgress = () => undefined, env = {}, retryMs = 2 }: Extra = {}): Promise<GotModel> {
  return getModel({ source: REPO, models, ...question }, { signal, progress: onProgress, env: { HF_ENDPOINT: hub.endpoint, ...env }, retryMs });
}

export const folderOf = (name = 'vit_lab_test.r16'): string => path.join(models, name);
export const draftOf = (name = 'vit_lab_test.r16'): string => path.join(models, `.${name}.part`);
export const partSize = (file = 'model.safetensors'): Promise<number> => stat(path.join(draftOf(), `${file}.part`)).then(({ size }) => size);
export const read = (name: string, folder = folderOf()): Promise<Buffer> => readFile(path.join(folder, name));

/** Stops a download when so much of the weights has arrived and the server sends no more. */
export async function interrupted(bytes: number): Promise<void> {
  hub.rule(/^cdn\/blob/, stallsAfter(bytes), 1);
  const stop = new AbortController();
  const running = expect(get({}, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
  await arrived(path.join(draftOf(), 'model.safetensors.part'), bytes);
  stop.abort();
  await running;
}

/** Waits until so many bytes of a file are on the disk. */
export async function arrived(file: string, bytes: number): Promise<void> {
  while ((await stat(file).then(({ size }) => size, () => 0)) < bytes) await sleep(5);
}
