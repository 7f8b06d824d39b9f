import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { writeShapes } from '../../../src/engine/dataset/shapes';
import { readNpy } from '../../../src/engine/weights/npy';
import { bundle, root } from '../bundle';
import { temporaryFolder } from '../tiny';

/** `vit-lab gallery` with the sample's network, on images that it has not seen. */

const trained = path.join(root, 'media/sample/run/shapes-sample');
let cli: string;
let folder: string;

function vitLab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1', VITLAB_MEDIA: path.join(root, 'media/sample'), VITLAB_WEBVIEW: path.join(folder, 'webview'), VITLAB_CACHE: path.join(folder, 'cache') };
  return spawnSync(process.execPath, [cli, 'gallery', ...args], { encoding: 'utf8', cwd: folder, env });
}

interface Document {
  readonly fit: number;
  readonly size: number;
  readonly cards: readonly { image: string; class: string | null; predicted: string; confidence: number; entropy: number; mapEntropy: number; map: number[] }[];
}

/** The images of a table, in its order. */
const rowsOf = (csv: readonly string[]): string[] => csv.slice(1).map((line) => line.split(',')[0]!);

beforeAll(async () => {
  cli = await bundle('cli');
  folder = await temporaryFolder();
  await writeShapes(path.join(folder, 'images'), { images: 240, size: 32, seed: 5 });
});

test('a split as JSON, sorted; the wrong ones as a table, pictures, CSV, and a page without folders of this machine', async () => {
  const all = JSON.parse(vitLab(trained, '--data', 'images', '--sort', 'entropy', '--json').stdout) as Document;
  expect([all.fit, all.cards.length]).toEqual([all.size, all.size]);
  const entropies = all.cards.map(({ entropy }) => entropy);
  expect(entropies).toEqual([...entropies].sort((a, b) => b - a));
  expect(all.cards.every(({ map, mapEntropy }) => map.length === 64 && mapEntropy > 0 && mapEntropy <= Math.log(64) + 1e-6)).toBe(true);
  const wrong = all.cards.filter((card) => card.class !== card.predicted);
  expect(wrong.length).toBeGreaterThan(0);

  await mkdir(path.join(folder, 'webview'));
  for (const name of ['standalone.js', 'gallery.js', 'gallery.css']) await writeFile(path.join(folder, 'webview', name), `/* ${name} */`);
  const told = vitLab(trained, '--data', 'images', '--only', 'wrong', '--html', 'w.html', '--png', 'w.png', '--svg', 'w.svg', '--csv', 'w.csv', '--npy', 'w.npy', '--scale', 'shared');
  expect([told.status, told.stderr]).toEqual([0, '']);
  expect(told.stdout.trimEnd().split('\n').at(-1)).toBe(`${wrong.length} of ${wrong.length} images that fit, of ${all.size} in all. 0 right, ${wrong.length} wrong.`);
  const csv = (await readFile(path.join(folder, 'w.csv'), 'utf8')).trimEnd().split('\r\n');
  expect(csv).toHaveLength(1 + wrong.length);
  expect(csv.slice(1).map((line) => line.split(',')[3])).toEqual(wrong.map(() => 'no'));
  expect((await readFile(path.join(folder, 'w.png'))).subarray(1, 4).toString()).toBe('PNG');
  const highest = Math.max(...wrong.flatMap(({ map }) => map));
  const svg = await readFile(path.join(folder, 'w.svg'), 'utf8');
  for (const words of ['shapes sample', `Violet to yellow: from 0.0 % to ${(highest * 100).toFixed(1)} %, one scale for all maps.`]) expect(svg).toContain(words);
  const { shape, data: maps } = readNpy(await readFile(path.join(folder, 'w.npy')));
  expect(shape).toEqual([wrong.length, 8, 8]);
  expect(Array.from(maps)).toEqual(wrong.length > 0 ? rowsOf(csv).flatMap((image) => wrong.find((card) => card.image === image)!.map) : []);
  const html = await readFile(path.join(folder, 'w.html'), 'utf8');
  expect(html).toContain('/* gallery.js */');
  const data = gunzipSync(Buffer.from(/id="data"[^>]*>([^<]*)</.exec(html)![1]!, 'base64')).toString();
  expect(data).toContain('"method":"rollout"');
  expect(html).toContain('"scale":"shared"');
  for (const text of [html, data]) {
    expect(text).not.toContain(folder);
    expect(text).not.toContain(root);
  }

  // The cell of one of them, and the class alone.
  const { class: is, predicted: as } = wrong[0]!;
  const cell = JSON.parse(vitLab(trained, '--data', 'images', '--cell', `${is ?? ''},${as}`, '--json').stdout) as Document;
  expect(cell.cards.map(({ image }) => image).sort()).toEqual(wrong.filter((card) => card.class === is && card.predicted === as).map(({ image }) => image).sort());
});

test('a folder: broken images are told, and the command fails when none can be read; wrong words are refused', async () => {
  await mkdir(path.join(folder, 'odd'));
  await writeFile(path.join(folder, 'odd/broken.png'), 'no picture');
  expect(vitLab(trained, 'odd')).toMatchObject({ status: 1, stderr: expect.stringContaining('odd/broken.png: ') as string });
  const shown = vitLab(trained, 'images/test/circle', '--most', '3', '--map', 'chefer', '--sort', 'confidence', '--reverse');
  expect(shown.status).toBe(0);
  expect(shown.stdout).toMatch(/^3 of \d+ images that fit, of \d+ in all\. \d right, \d wrong\.$/m);
  await mkdir(path.join(folder, 'unnamed'));
  const [some] = await readdir(path.join(folder, 'images/test/circle'));
  await copyFile(path.join(folder, 'images/test/circle', some!), path.join(folder, 'unnamed', some!));
  expect(vitLab(trained, 'unnamed', '--sort', 'correct')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('--sort correct: of no image here the class is known. Put the images into folders named as classes of the network (circle, cross, ring') as string });
  expect(vitLab(trained, '--class', 'starr')).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no class starr. The network has circle, cross, ring') as string });
  expect(vitLab(trained, '--cell', 'star')).toMatchObject({ status: 2, stderr: expect.stringContaining('--cell takes two classes with a comma between them, not star') as string });
  expect(vitLab(trained, 'odd', '--split', 'val')).toMatchObject({ status: 2, stderr: expect.stringContaining('is a folder beside them') as string });
  expect(vitLab(trained, 'odd', '--map', 'lime')).toMatchObject({ status: 2, stderr: expect.stringContaining('--map takes rollout | attention | chefer, not lime') as string });
  expect(vitLab(trained, 'nowhere')).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no such file') as string });
});
