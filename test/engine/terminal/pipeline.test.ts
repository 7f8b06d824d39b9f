/** A project and its pipeline in a terminal, from nothing to the report. */
import { spawn, spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bundle, root } from '../bundle';
import { temporaryFolder } from '../tiny';

let cli: string;
let folder: string;
let project: string;

function vitLab(cwd: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd, env: { ...process.env, NO_COLOR: '1' } });
}

const golden = async (name: string, text: string): Promise<void> => {
  const file = path.join(root, 'test/golden/cli', `${name}.txt`);
  const plain = text.replaceAll(folder, 'DIR').replaceAll(/node \S+\.js/g, 'vit-lab');
  if (process.env['UPDATE_GOLDEN']) await writeFile(file, plain);
  expect(plain).toBe(await readFile(file, 'utf8'));
};

const edit = async (name: string, change: (text: string) => string): Promise<void> => writeFile(path.join(project, name), change(await readFile(path.join(project, name), 'utf8')));

/** So small that everything takes seconds. */
async function shrink(): Promise<void> {
  await edit('configs/vit.vit.yaml', (text) => text.replace(/depth: \d+/, 'depth: 1').replace(/embed_dim: \d+/, 'embed_dim: 16').replace(/patch_size: \d+/, 'patch_size: 8').replace(/epochs: 70/, 'epochs: 2').replace(/warmup_epochs: 2/, 'warmup_epochs: 1'));
  await edit('configs/cnn.vit.yaml', (text) => text.replace(/layers: .*\]/, 'layers: [1]').replace(/embed_dim: \d+/, 'embed_dim: 4').replace(/epochs: 70/, 'epochs: 2').replace(/warmup_epochs: 2/, 'warmup_epochs: 1'));
  await edit('pipeline.yaml', (text) => text.replace('seeds: [0, 1, 2]', 'seeds: [0]'));
}

beforeAll(async () => {
  cli = await bundle('cli');
  folder = await temporaryFolder();
  project = path.join(folder, 'project');
});

test('new writes a project and says what to do; a second time it refuses', async () => {
  const made = vitLab(folder, 'new', 'project');
  expect([made.status, made.stderr]).toEqual([0, '']);
  await golden('new', made.stdout);
  const again = vitLab(folder, 'new', 'project');
  expect(again).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('has files of these names already: README.md, .gitignore, pipeline.yaml') as string });
  expect(vitLab(folder, 'new')).toMatchObject({ status: 2, stderr: expect.stringContaining('DIR is missing') as string });
  await shrink();
});

test('pipeline goes from raw data to report; a dry run says before what it will do, and the second call skips everything', async () => {
  await golden('pipeline-dry-run', vitLab(project, 'pipeline', '--dry-run').stdout);
  const done = vitLab(project, 'pipeline');
  expect([done.status, done.stdout]).toEqual([0, expect.stringContaining('Done: 10; skipped: 0') as string]);
  expect(done.stdout).toContain('Report: reports/report/report.html');
  const again = vitLab(project, 'pipeline');
  expect([again.status, again.stderr]).toEqual([0, '']);
  await golden('pipeline-again', again.stdout.replace(/^(vit|cnn) .*$/gm, '$1 …').replace(/^configuration .*$/m, 'configuration …'));
  const json = vitLab(project, 'pipeline', '--json').stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { type: string; state?: string; done?: boolean });
  expect(json.slice(0, -1).every(({ type, state }) => type === 'step' && state === 'skipped')).toBe(true);
  expect(json.at(-1)).toMatchObject({ type: 'pipeline', done: true });
}, 180_000);

test('the tests of a new project pass where its data are sound, and fail where an image is in two splits', async () => {
  const tests = (): { status: number | null; stdout: string } => spawnSync(process.execPath, ['--test', 'tests/pipeline.test.mjs'], { cwd: project, encoding: 'utf8', env: { ...process.env, NODE_TEST_CONTEXT: undefined } });
  const before = tests().stdout;
  expect(before).toMatch(/✔ no image is in the test and in what the network learns from/);
  expect(before).toMatch(/✔ every class has images to learn from/);
  const split = await readFile(path.join(project, 'data/processed/split.csv'), 'utf8');
  const [, line] = split.split('\r\n');
  await edit('data/processed/split.csv', (text) => `${text}${line!.replace(/^train/, 'test')}\r\n`);
  const after = tests();
  expect([after.status, after.stdout]).toEqual([1, expect.stringMatching(/✖ no image is in the test/) as string]);
  expect(vitLab(project, 'pipeline').stdout).toContain('split  runs: data/processed/split.csv was changed by hand');
}, 60_000);

test('wrong calls: exit code 2 with a hint; a wrong pipeline: exit code 1 with its place', async () => {
  expect(vitLab(project, 'pipeline', '--only', 'train', '--from', 'train')).toMatchObject({ status: 2, stderr: expect.stringContaining('--only and --from exclude each other') as string });
  expect(vitLab(project, 'pipeline', '--log-level', 'loud').status).toBe(2);
  expect(vitLab(folder, 'pipeline')).toMatchObject({ status: 1, stderr: expect.stringContaining('Cannot read') as string });
  await writeFile(path.join(project, 'wrong.yaml'), 'configs: []\n');
  expect(vitLab(project, 'pipeline', 'wrong.yaml')).toMatchObject({ status: 1, stderr: expect.stringMatching(/wrong\.yaml:1:10: configs must not be empty/) as string });
});

test('Ctrl-C ends with 130 and a state from which the next call goes on', async () => {
  await edit('configs/vit.vit.yaml', (text) => text.replace(/epochs: 2/, 'epochs: 4000'));
  const child = spawn(process.execPath, [cli, 'pipeline'], { cwd: project, env: { ...process.env, NO_COLOR: '1' } });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  await new Promise<void>((resolve) => child.stdout.on('data', (part: Buffer) => /epoch +1\/4000/.test((said += part.toString())) && resolve()));
  child.kill('SIGINT');
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect([code, said]).toEqual([130, expect.stringMatching(/Go on with: .* pipeline\n$/) as string]);
  expect(vitLab(project, 'pipeline', '--dry-run').stdout).toContain('train/vit/seed-0  would run: was not finished');
  // Once more from where it was: shorter, it is another training, and begins anew.
  await rm(path.join(project, 'logs'), { recursive: true });
  await edit('configs/vit.vit.yaml', (text) => text.replace(/epochs: 4000/, 'epochs: 2'));
  expect(vitLab(project, 'pipeline').status).toBe(0);
}, 120_000);
