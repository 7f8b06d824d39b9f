import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine';
import type { Trainer } from '../../../src/engine/sweep/lead';
import { pipeline, tinyProject } from './tinyProject';

/** The check opens images alone: nothing is trained or looked into. */
const [engine, trainer] = [{} as Engine, {} as Trainer];

test('uneven classes are told with what can be done, until all configurations do it', async () => {
  const folder = await tinyProject();
  const circles = path.join(folder, 'data/raw/shapes/train/circle');
  for (const name of (await readdir(circles)).slice(2)) await rm(path.join(circles, name));
  const checked = async (): Promise<{ readonly page: string; readonly reasons: readonly string[] | undefined }> => {
    const { reasons } = await pipeline(engine, trainer, folder, { only: 'check' });
    return { page: await readFile(path.join(folder, 'data/interim/check.md'), 'utf8'), reasons: reasons['check'] };
  };
  const weigh = async (name: string): Promise<void> => {
    const file = path.join(folder, name);
    await writeFile(file, (await readFile(file, 'utf8')).replace('train:\n', 'train:\n  class_weights: balanced\n'));
    expect(await readFile(file, 'utf8')).toContain('class_weights');
  };
  expect((await checked()).page).toMatch(/The classes are uneven: .* circle has 2\. Consider `train\.class_weights: balanced`/);
  await weigh('a.vit.yaml');
  expect((await checked()).page).toContain('Consider `train.class_weights');
  await weigh('b.vit.yaml');
  const { page, reasons } = await checked();
  expect(page).toMatch(/The classes are uneven: .* circle has 2\. Look at balanced accuracy/);
  expect(reasons).toHaveLength(1);
});
