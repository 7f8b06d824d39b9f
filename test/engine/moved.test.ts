import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { evaluateCheckpoint } from '../../src/engine/evaluateCheckpoint';
import { createLooker } from '../../src/engine/looking';
import { locateImages } from '../../src/engine/moved';
import { claim, thisProcess } from '../../src/engine/runs/owner';
import { readRunConfig } from '../../src/engine/runStore';
import { prepareNew, runTraining } from '../../src/engine/training';
import { UserError } from '../../src/engine/userError';
import { temporaryFolder, tinyConfig } from './tiny';

const looker = createLooker(() => openExecutor('onnx'));
const call = { signal: new AbortController().signal };

let folder: string;
let run: string;
const at = (...parts: string[]): string => path.join(folder, ...parts);

async function draw(place: string, count: number): Promise<void> {
  for (const [kind, of] of [['train', count], ['test', 4]] as const)
    for (const [name, background] of [['red', '#f00'], ['blue', '#00f']] as const) {
      await mkdir(path.join(place, kind, name), { recursive: true });
      for (let i = 0; i < of; i++) await sharp({ create: { width: 16, height: 16, channels: 3, background } }).modulate({ brightness: 0.5 + i / 48 }).png().toFile(path.join(place, kind, name, `${String(i)}.png`));
    }
}

/** A run whose images were moved since. */
beforeAll(async () => {
  folder = await temporaryFolder();
  await draw(at('images'), 12);
  await draw(at('others'), 10);
  const config = await tinyConfig(folder, { dataset: { format: 'auto', path: 'images' }, train: { epochs: 1 } });
  const prepared = await prepareNew({ config, runs: at('runs') }, { executor: () => openExecutor('onnx'), emit: () => undefined, signal: call.signal });
  run = (await runTraining(prepared, new AbortController(), () => undefined)).run;
  await rename(at('images'), at('elsewhere'));
});

const evaluated = (): Promise<number> => evaluateCheckpoint({ checkpoint: run, split: 'test', ...call }, looker).then(({ report }) => report.images);

test('an evaluation without its images names the run, whose images a window can ask for', async () => {
  const error: unknown = await evaluated().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toContain(`no longer at ${at('images')}`);
  expect((error as UserError).place).toEqual({ file: at('images'), missing: { run, images: at('images') } });
});

test('a place with other images, or with none, is refused, and nothing is kept', async () => {
  const before = await readFile(path.join(run, 'run.json'), 'utf8');
  await expect(locateImages({ run, data: at('others') }, call)).rejects.toThrow(/are not those of the run .*: then \d+ \+ \d+ \+ 8 images, fingerprint [0-9a-f]{12}, now \d+ \+ \d+ \+ 8 images/);
  await expect(locateImages({ run, data: at('nowhere') }, call)).rejects.toThrow('There is nothing at');
  const release = await claim(run, await thisProcess());
  await expect(locateImages({ run, data: at('elsewhere') }, call)).rejects.toThrow('is being trained by another process');
  await release();
  expect(await readFile(path.join(run, 'run.json'), 'utf8')).toBe(before);
  await expect(evaluated()).rejects.toThrow('no longer at');
});

test('once told where they lie, all that reads them finds them', async () => {
  // A second run on the same images, one on others, and one that is damaged.
  for (const name of ['same', 'unlike', 'torn']) await cp(run, at('runs', name), { recursive: true });
  const edit = async (name: string, change: (text: string) => string): Promise<void> => {
    const file = at('runs', name, 'run.json');
    await writeFile(file, change(await readFile(file, 'utf8')));
  };
  await edit('unlike', (text) => text.replace(/"fingerprint": "[0-9a-f]+"/, `"fingerprint": "${'0'.repeat(64)}"`));
  await edit('torn', (text) => text.slice(0, 40));
  expect(await locateImages({ run, data: at('elsewhere') }, call)).toBe(2);
  expect(await evaluated()).toBe(8);
  expect((await readRunConfig(at('runs', 'same'))).dataset.path).toBe(at('elsewhere'));
  expect((await readRunConfig(at('runs', 'unlike'))).dataset.path).toBe(at('images'));
});
