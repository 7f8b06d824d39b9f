import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bundle } from '../bundle';
import { temporaryFolder, tinyConfig } from '../tiny';

let cli: string;
let folder: string;
/** Two seeds. */
let run: string;
let other: string;

function vitLab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
}

beforeAll(async () => {
  cli = await bundle('cli');
  folder = await temporaryFolder();
  await tinyConfig(folder);
  [run, other] = [0, 1].map((seed) => (JSON.parse(vitLab('train', 'tiny.yaml', '--json', '--set', `seed=${seed}`).stdout.trimEnd().split('\n').at(-1)!) as { run: string }).run) as [string, string];
}, 120_000);

test('report writes a page, Markdown and a bibliography, and tells where', async () => {
  const written = vitLab('report', run, other, '--out', 'written', '--baseline', other, '--title', 'Shapes <i>twice</i>', '--author', 'Me');
  expect(written).toMatchObject({ status: 0, stdout: ['report.html', 'report.md', 'references.bib'].map((name) => `${path.join('written', name)}\n`).join('') });
  expect(written.stderr).toContain('Places for the author’s words: 12.');
  expect(await readFile(path.join(folder, 'written/report.html'), 'utf8')).toContain('<title>Shapes &#60;i&#62;twice&#60;/i&#62;</title>');
  expect(vitLab('report', run, '--out', 'written')).toMatchObject({ status: 1, stderr: expect.stringContaining('has an earlier report') as string });
  const recorded = JSON.parse(vitLab('report', run, '--out', 'written', '--force', '--recorded', '--json').stdout) as { files: string[] };
  expect(recorded.files).toContain('figures/confusion-a.svg');
  expect(recorded.files).not.toContain('figures/attention-a.svg');
  expect(vitLab('report', run)).toMatchObject({ status: 2, stderr: expect.stringContaining('--out is needed') as string });
  expect(vitLab('report', run, '--out', 'x', '--lang', '../es')).toMatchObject({ status: 2, stderr: expect.stringContaining('--lang takes en or es, not ../es') as string });
  expect(vitLab('report', 'nope', '--out', 'x')).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no run at') as string });
}, 120_000);
