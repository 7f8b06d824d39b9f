import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { stallsAfter, TOKEN } from '../../fixtures/hubServer';
import { bundle, root } from '../bundle';
import { arrived, hub, models, REPO, weights, withHub } from './getting';

withHub();

let cli: string;
beforeAll(async () => {
  cli = await bundle('cli');
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The server is in this process, so that the command must not block it. */
function vitLab(args: readonly string[], env: Record<string, string> = {}, stop?: () => Promise<void>): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: path.dirname(models), env: { ...process.env, HF_ENDPOINT: hub.endpoint, NO_COLOR: '1', ...env } });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (data) => (texts[name] += String(data)));
  void stop?.().then(() => child.kill('SIGINT'));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...texts })));
}

test('get: the model in models/NAME, and what it is', async () => {
  const { status, stdout, stderr } = await vitLab(['get', REPO]);
  expect([status, stderr.includes('error')]).toEqual([0, false]);
  expect(stdout).toMatch(/^timm\/vit_lab_test\.r16: 3\.0 MB in models\/vit_lab_test\.r16 \(commit 0123456789ab, licence apache-2\.0\)\n {2}config\.json +sha256 [0-9a-f]{64}\n/);
  expect((await readFile(path.join(models, 'vit_lab_test.r16/model.safetensors'))).equals(weights)).toBe(true);
  expect((await vitLab(['get', REPO])).stdout).toMatch(/is there already: models\/vit_lab_test\.r16/);
  const { stdout: json } = await vitLab(['get', REPO, '--to', 'mine', '--revision', 'main', '--json'], { HF_TOKEN: TOKEN });
  expect(JSON.parse(json)).toMatchObject({ source: REPO, reused: false });
  expect(existsSync(path.join(path.dirname(models), 'mine/config.json'))).toBe(true);
});

test('get without a name lists the catalogue and marks what is there', async () => {
  await vitLab(['get', REPO]);
  const { stdout } = await vitLab(['get']);
  expect(stdout).toMatch(/google\/vit-base-patch16-224 +86\.6 M +apache-2\.0/);
  expect(stdout).toMatch(/timm\/vit_lab_test\.r16 \*/);
  const listed = JSON.parse((await vitLab(['get', '--list', '--json'])).stdout) as { source: string; folder: string | null }[];
  expect(listed.filter(({ folder }) => folder !== null).map(({ source }) => source)).toEqual([REPO]);
});

test('get: what is refused is an error without stack; a wrong line is told', async () => {
  hub.models.set('meta/gated', { gated: 'token', files: { 'model.safetensors': weights } });
  const refused = await vitLab(['get', 'meta/gated']);
  expect([refused.status, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toMatch(/^error: meta\/gated is gated: .*HF_TOKEN/m);
  expect(refused.stderr).not.toMatch(/defect/);
  expect((await vitLab(['get', '--to', 'x'])).status).toBe(2);
  expect((await vitLab(['get', REPO, '--list'])).status).toBe(2);
});

test.each(['hf-v4', 'timm'])('what get fetches is a model for the other commands: %s', async (scheme) => {
  const folder = path.join(root, 'test/golden/schemes', scheme);
  const names = await readdir(folder);
  hub.models.set(REPO, { files: Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name))] as const))) });
  expect((await vitLab(['get', REPO])).stderr).toMatch(/vit-lab import models\/vit_lab_test\.r16/);
  const { status, stdout, stderr } = await vitLab(['import', 'models/vit_lab_test.r16', '--json']);
  expect([status, stderr]).toEqual([0, '']);
  const { scheme: found, missing, unexpected } = JSON.parse(stdout) as { scheme: string; missing: unknown[]; unexpected: unknown[] };
  expect([found, missing, unexpected]).toEqual([expect.stringContaining(scheme.slice(0, 2)), [], []]);
});

test('Ctrl-C ends it at once; the same command goes on from there', async () => {
  hub.rule(/^cdn\/blob/, stallsAfter(1_000_000), 1);
  const part = path.join(models, '.vit_lab_test.r16.part/model.safetensors.part');
  const { status, stderr } = await vitLab(['get', REPO], {}, () => arrived(part, 1_000_000));
  expect(status).toBe(130);
  expect(stderr).toMatch(/Interrupted/);
  expect((await vitLab(['get', REPO])).status).toBe(0);
  expect(hub.requests(/^\/blob/).at(-1)?.headers.range).toBe('bytes=1000000-');
});
