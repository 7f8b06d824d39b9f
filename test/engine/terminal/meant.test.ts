import { spawnSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { parseFilter } from '../../../src/engine/runs/filter';
import { missing } from '../../../src/engine/terminal/usage';
import { bundle } from '../bundle';
import { temporaryFolder, tinyConfig } from '../tiny';

/** What a command line that is not quite right is told. */

let [cli, folder] = ['', ''];
function told(...args: string[]): string {
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  expect(status).not.toBe(0);
  return stderr;
}

beforeAll(async () => {
  [cli, folder] = await Promise.all([bundle('cli'), temporaryFolder()]);
  await tinyConfig(folder);
});

test('all that is missing is named at once, with the usage', () => {
  expect(told('compare')).toBe('error: Missing: RUN, RUN…\nUsage: vit-lab compare RUN RUN… [--json]\nTry: vit-lab compare --help\n');
  expect(told('compare', 'one')).toMatch(/^error: RUN… is missing\.\nUsage: vit-lab compare RUN RUN…/);
  expect(told('inspect')).toMatch(/^error: Missing: CHECKPOINT, IMAGE\nUsage: vit-lab inspect CHECKPOINT IMAGE/);
  const command = { usage: 'CHECKPOINT --out MODEL.onnx|FOLDER [--to onnx [--deep X] [Y]] [--json]' };
  expect(missing('export', command, 0, {}).message).toMatch(/^Missing: CHECKPOINT, --out MODEL\.onnx\|FOLDER\n/);
  expect(missing('export', command, 0, { out: 'x' }).message).toMatch(/^CHECKPOINT is missing\.\n/);
  expect(told('train', 'a', 'b')).toMatch(/^error: What is b\?\nUsage: vit-lab train CONFIG/);
});

test.each([
  ['a command', ['trian'], 'train'],
  ['an option', ['train', 'tiny.yaml', '--stet', 'a=1'], '--set'],
  ['a key', ['train', 'tiny.yaml', '--set', 'model.dept=3'], 'model.depth'],
  ['a choice', ['eval', 'run', '--split', 'tset'], 'test'],
  ['a term', ['explain', 'atention'], 'attention'],
  ['a preset', ['info', 'vit_tiny_patch16_244'], 'vit_tiny_patch16_224'],
])('of %s that is not known the nearest is named', (_, args, nearest) => {
  expect(told(...args)).toContain(`Did you mean ${nearest}?`);
});

test('also of a field of the filter', () => {
  expect(parseFilter('sate:finished').problems.join()).toContain('Did you mean state?');
  expect(parseFilter('state:finishd').problems.join()).toContain('Did you mean finished?');
});

test('of a second value behind one --set it is said what it lacks', () => {
  expect(told('train', 'tiny.yaml', '--set', 'train.epochs=1', 'train.warmup_epochs=1')).toContain('What is train.warmup_epochs=1? Each value needs a --set of its own: --set train.warmup_epochs=1');
  expect(told('explain', 'val/ecce')).toContain('The glossary does not know val/ecce');
});
