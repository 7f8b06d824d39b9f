import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { writeShapes } from '../../../src/engine/dataset/shapes';
import { readNpy } from '../../../src/engine/weights/npy';
import { bundle, root } from '../bundle';
import { temporaryFolder, tinyConfig } from '../tiny';

/** What `vit-lab inspect` and `vit-lab heads` write, of a network that was trained a moment ago. */

let cli: string;
let folder: string;
let run: string;

function vitLab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1', VITLAB_MEDIA: path.join(root, 'media/sample'), VITLAB_WEBVIEW: path.join(folder, 'webview') };
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env });
}

beforeAll(async () => {
  cli = await bundle('cli');
  folder = await temporaryFolder();
  await writeShapes(path.join(folder, 'images'), { images: 120, size: 16, seed: 1 });
  await tinyConfig(folder);
  const { stdout } = vitLab('train', 'tiny.yaml', '--json');
  run = (JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { run: string }).run;
});

test('inspect gives its numbers to others, and the panel as a page; A less A is nothing', async () => {
  const image = path.join('images/test/circle', (await readdir(path.join(folder, 'images/test/circle')))[0]!);
  const line = ['inspect', run, image, '--out', 'given', '--query', '2,1', '--direction', 'to', '--against', run, '--svg', '--csv', '--npy', '--explain', 'all', '--json'];
  const report = JSON.parse(vitLab(...line).stdout) as { query: number; attention: { weights: number[]; tokens: number; layers: number; heads: number } };
  const { tokens, layers, heads, weights } = report.attention;
  const names = await readdir(path.join(folder, 'given'));
  for (const name of ['difference.png', 'difference.svg', 'attention.svg', 'attention.csv', 'heads.csv', 'rollout.csv', 'explanations.csv', 'attention.npy', 'rollout.npy', 'positions.npy', 'explain-chefer.npy', 'explain-attention.npy']) expect(names).toContain(name);
  const all = readNpy(await readFile(path.join(folder, 'given/attention.npy')));
  expect(all.shape).toEqual([layers, heads, tokens, tokens]);
  for (let row = 0; row < all.data.length; row += tokens) expect(all.data.subarray(row, row + tokens).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  // Who looks at the token: its column of all attention.
  for (let head = 0; head < layers * heads; head++) for (let i = 0; i < tokens; i++) expect(weights[head * tokens + i]).toBe(all.data[(head * tokens + i) * tokens + report.query]);
  const csv = (await readFile(path.join(folder, 'given/attention.csv'), 'utf8')).trimEnd().split('\r\n');
  expect(csv[0]).toBe('layer,head,key,query,row,column,weight');
  expect(csv).toHaveLength(1 + layers * heads * tokens);
  expect(await readFile(path.join(folder, 'given/difference.svg'), 'utf8')).toContain('from −0.00 % (blue) to +0.00 % (red)');
  expect(vitLab('inspect', run, image, '--out', 'given', '--html')).toMatchObject({ status: 1, stderr: expect.stringContaining('Cannot make a page') as string });
  // What the page does in a browser is tested with the webviews.
  await mkdir(path.join(folder, 'webview'));
  for (const name of ['standalone.js', 'inspector.js', 'inspector.css']) await writeFile(path.join(folder, 'webview', name), `/* ${name} */`);
  expect(vitLab('inspect', run, image, '--out', 'given', '--html', '--against', run)).toMatchObject({ status: 0 });
  const html = await readFile(path.join(folder, 'given/inspector.html'), 'utf8');
  expect(html).toContain('default-src &#39;none&#39;');
  expect(html).toContain('/* inspector.js */');
  const data = gunzipSync(Buffer.from(/id="data"[^>]*>([^<]*)</.exec(html)![1]!, 'base64')).toString();
  expect(data).toContain('attentionStack');
  for (const text of [html, data]) expect(text).not.toContain(folder);
});

test('a page holds neighbours and cka where they are asked for, by the names of files alone', async () => {
  const [name] = await readdir(path.join(folder, 'images/test/circle'));
  const image = path.join('images/test/circle', name!);
  await mkdir(path.join(folder, 'webview'), { recursive: true });
  for (const file of ['standalone.js', 'inspector.js', 'inspector.css']) await writeFile(path.join(folder, 'webview', file), `/* ${file} */`);
  expect(vitLab('inspect', run, image, '--out', 'compared', '--html', '--neighbours', '4', '--features', 'cka', '--most', '8', '--images', 'images/test')).toMatchObject({ status: 0 });
  const html = await readFile(path.join(folder, 'compared/inspector.html'), 'utf8');
  const { answers, state } = JSON.parse(gunzipSync(Buffer.from(/id="data"[^>]*>([^<]*)</.exec(html)![1]!, 'base64')).toString()) as { answers: [string, unknown][]; state: { checkpoint: string; view: { checkpoint: { modified: string } } } };
  const { features } = JSON.parse(/id="kept"[^>]*>([^<]*)</.exec(html)![1]!) as { features: { images: string; count: number; begun: Record<string, string> } };
  // The panel finds them under the names by which it asks; a folder that is called as a split is none.
  expect(features).toMatchObject({ images: './test', count: 4, begun: { neighbours: JSON.stringify([[state.checkpoint, state.view.checkpoint.modified], './test']) } });
  const asked = answers.map(([key]) => key).filter((key) => /^(findNeighbours|measureAlignment) /.test(key));
  expect(asked).toEqual([
    `findNeighbours ${JSON.stringify({ checkpoint: state.checkpoint, count: 4, file: name, images: { folder: './test' } })}`,
    `measureAlignment ${JSON.stringify({ checkpoint: state.checkpoint, images: { folder: './test' }, most: 8, read: 'class' })}`,
  ]);
  const found = answers.find(([key]) => key.startsWith('findNeighbours'))![1] as { neighbours: { name: string; picture: { width: number } }[] };
  expect(found.neighbours).toHaveLength(4);
  expect(found.neighbours[0]).toMatchObject({ name, picture: { width: expect.any(Number) as number } });
  for (const text of [html, JSON.stringify(answers)]) expect(text).not.toContain(folder);
});

test('--against another image compares two images in one network', async () => {
  const images = await readdir(path.join(folder, 'images/test/circle'));
  const [a, b] = images.map((name) => path.join('images/test/circle', name));
  const [one, other] = [a!, b!].map((image) => (JSON.parse(vitLab('inspect', run, image, '--out', 'one', '--json').stdout) as { attention: { weights: number[]; tokens: number } }).attention);
  // Colours go as far as the largest difference between patches; the class token is none.
  const far = Math.max(...one!.weights.map((weight, i) => (i % one!.tokens === 0 ? 0 : Math.abs(other!.weights[i]! - weight))));
  expect(far).toBeGreaterThan(0);
  expect(vitLab('inspect', run, a!, '--out', 'two', '--against', b!, '--svg')).toMatchObject({ status: 0 });
  expect(await readFile(path.join(folder, 'two/difference.svg'), 'utf8')).toContain(`from −${(far * 100).toFixed(2)} % (blue)`);
  expect(vitLab('inspect', run, a!, '--out', 'two', '--against', 'nowhere.png')).toMatchObject({ status: 1, stderr: expect.stringContaining('nowhere.png') as string });
});

test('eval --shuffle begins with the accuracy of whole images, and goes on to single patches', async () => {
  const whole = JSON.parse(vitLab('eval', run, '--json').stdout) as { images: number; metrics: Record<string, number>; intervals: Record<string, number[]> };
  const found = JSON.parse(vitLab('eval', run, '--shuffle', '--csv', 'shuffled.csv', '--json').stdout) as { split: string; images: number; grids: number[][]; top1: number[]; intervals: number[][] };
  expect(found).toMatchObject({ split: 'test', images: whole.images });
  expect(found.grids[0]).toEqual([1, 1]);
  expect(found.grids.at(-1)).toEqual([2, 2]);
  expect(found.top1[0]).toBeCloseTo(whole.metrics['test/top1']!, 12);
  expect(found.intervals[0]).toEqual(whole.intervals['top1']);
  expect((await readFile(path.join(folder, 'shuffled.csv'), 'utf8')).trimEnd().split('\r\n')).toHaveLength(1 + found.grids.length);
  expect(vitLab('eval', run, '--shuffle').stdout).toMatch(/pieces +test\/top1 +change\n.*1 × 1/);
  expect(vitLab('eval', run, '--shuffle', '--tta', 'flip').status).toBe(2);
  expect(vitLab('eval', run, '--seed', '1').status).toBe(2);
});

test('heads: distance and entropy over a folder, and over the validation images', async () => {
  const { stdout, status } = vitLab('heads', run, 'images/test', '--most', '5', '--csv', 'heads.csv', '--svg', 'heads.svg');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^layer +head +distance px/);
  const rows = (await readFile(path.join(folder, 'heads.csv'), 'utf8')).trimEnd().split('\r\n').map((line) => line.split(','));
  expect(rows).toHaveLength(1 + 2 * 2);
  for (const [, , distance, , entropy] of rows.slice(1)) {
    // Within the image, and no broader than all tokens alike.
    expect(Number(distance)).toBeGreaterThan(0);
    expect(Number(entropy)).toBeLessThanOrEqual(Math.log(5) + 1e-6);
  }
  expect(await readFile(path.join(folder, 'heads.svg'), 'utf8')).toContain('<circle');
  expect(JSON.parse(vitLab('heads', run, '--json').stdout)).toMatchObject({ layers: 2, heads: 2, broken: [] });
  expect(vitLab('heads', run, 'nowhere')).toMatchObject({ status: 1 });
  expect(vitLab('heads', run, '--most', '0')).toMatchObject({ status: 2 });
});

test('--features writes its pictures beside the others', async () => {
  const image = path.join('images/test/circle', (await readdir(path.join(folder, 'images/test/circle')))[0]!);
  const { status, stdout } = vitLab('inspect', run, image, '--out', 'inside', '--features', 'norms,lens');
  expect(status).toBe(0);
  for (const name of ['attention', 'norms', 'lens']) expect(stdout).toContain(path.join('inside', `${name}.png`));
});
