import { spawnSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { bundle } from '../bundle';
import { temporaryFolder, tinyConfig } from '../tiny';

/** What is odd about a configuration but no error. */

let [cli, folder] = ['', ''];
const vitLab = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1' } });

beforeAll(async () => {
  [cli, folder] = await Promise.all([bundle('cli'), temporaryFolder()]);
  await tinyConfig(folder);
});

test('train, schedule, sweep, estimate and preview tell what an editor would mark, however the value was given', async () => {
  const odd = ['--set', 'train.epochs=1', '--set', 'train.batch_size=500', '--set', 'dataset.test_split=0', '--set', 'train.tta=flip'];
  const told = [
    /train\.warmup_epochs \(1\) is not less than train\.epochs \(1\)/,
    /--set train\.batch_size: train\.batch_size \(500\) is more than the 54 training images/,
    /--set train\.tta: train\.tta: flip tests on mirror images/,
    /--set train\.tta: train\.tta \(flip\) is for the test, and there are no test images/,
  ];
  await tinyConfig(folder, { sweep: { parameters: { 'model.depth': [1, 2] } } }, 'odd.yaml');
  for (const [name, ...args] of [['train', 'tiny.yaml', '--runs', 'odd'], ['schedule', 'tiny.yaml'], ['sweep', 'odd.yaml', '--dry-run'], ['estimate', 'tiny.yaml', '--seconds', '1'], ['estimate', 'odd.yaml', '--seconds', '1'], ['preview', 'tiny.yaml', '--out', 'batch.png']] as const) {
    const { status, stderr } = vitLab(name, ...args, ...odd);
    expect(status).toBe(0);
    for (const sentence of told) expect(stderr, name).toMatch(sentence);
    // Of all combinations alike, it is told once and of none.
    expect(stderr.match(/is more than the 54/g), name).toHaveLength(1);
    expect(stderr).not.toContain('(depth 1');
  }
  expect(vitLab('schedule', 'tiny.yaml', '--images', '9', ...odd).stderr).toMatch(told[0]!);
  expect(vitLab('info', 'tiny.yaml', ...odd).stderr).toMatch(told[0]!);
  await tinyConfig(folder, { sweep: { parameters: { 'train.epochs': [1, 2] } } }, 'odd.yaml');
  expect(vitLab('sweep', 'odd.yaml', '--dry-run').stderr).toMatch(/the learning rate never comes down\. \(epochs 1\)/);
}, 120_000);

test('a star is for an epoch that was compared with others', () => {
  const starred = (...set: string[]): boolean[] => {
    const { stdout } = vitLab('train', 'tiny.yaml', '--runs', 'starred', '--set', 'train.epochs=1', '--set', 'train.warmup_epochs=0', ...set.flatMap((one) => ['--set', one]));
    return stdout.split('\n').filter((line) => line.startsWith('epoch 1/1')).map((line) => line.endsWith('*'));
  };
  expect(starred()).toEqual([true]);
  expect(starred('dataset.val_split=0')).toEqual([false]);
});
