import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { writeShapes } from '../../src/engine/dataset/shapes';
import { loadCheckpoint } from '../../src/engine/checkpoint';
import { resolveCheckpoint } from '../../src/engine/runStore';
import { readNpz, writeNpy } from '../../src/engine/weights/npy';
import { bundle, root } from './bundle';
import { temporaryFolder, tinyConfig } from './tiny';

let cli: string;
let folder: string;
let run: string;
/** A run on the images of a folder. */
let photos: string;
let ended: { type: string; reason: string; run: string; metrics: Record<string, number> };
let trainLines: string[];

function vitLab(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: folder, env: { ...process.env, NO_COLOR: '1', VITLAB_MEDIA: path.join(root, 'media/sample') } });
}

/** Compares with a file in test/golden/cli; `UPDATE_GOLDEN=1` writes it instead. Paths and times become words first. */
async function expectGolden(name: string, text: string): Promise<void> {
  const file = path.join(root, 'test/golden/cli', `${name}.txt`);
  const plain = text
    .replaceAll(run ?? '\u0000', 'RUN')
    .replaceAll(path.basename(run ?? '\u0000'), 'RUN')
    .replaceAll(folder, 'DIR')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'TIME');
  if (process.env['UPDATE_GOLDEN']) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, plain);
  }
  expect(plain).toBe(await readFile(file, 'utf8'));
}

beforeAll(async () => {
  cli = await bundle('cli');
  folder = await temporaryFolder();
  await writeShapes(path.join(folder, 'images'), { images: 120, size: 16, seed: 1 });
  await tinyConfig(folder);
  const { stdout, stderr, status } = vitLab('train', 'tiny.yaml', '--json');
  expect([status, stderr]).toEqual([0, '']);
  trainLines = stdout.trimEnd().split('\n');
  ended = JSON.parse(trainLines.at(-1)!) as typeof ended;
  run = ended.run;
  await tinyConfig(folder, { dataset: { format: 'folder', path: 'images' } }, 'folder.yaml');
  photos = (JSON.parse(vitLab('train', 'folder.yaml', '--json', '--runs', 'of-folder').stdout.trimEnd().split('\n').at(-1)!) as typeof ended).run;
});

test('help and version', async () => {
  const help = vitLab('--help');
  expect(help.status).toBe(0);
  await expectGolden('help', help.stdout);
  for (const command of ['init', 'new', 'preview', 'train', 'sweep', 'schedule', 'estimate', 'resume', 'rerun', 'probe', 'stop', 'eval', 'classify', 'export', 'get', 'inspect', 'heads', 'gallery', 'runs', 'compare', 'track', 'report', 'pipeline', 'info', 'explain', 'run', 'doctor', 'build-tensorflow']) {
    const one = vitLab(command, '--help');
    expect([one.status, one.stderr]).toEqual([0, '']);
    await expectGolden(`help-${command}`, one.stdout);
  }
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  expect(vitLab('--version').stdout).toBe(`${version}\n`);
});

test('train --json: a JSON line per event, the last says how it ended', () => {
  const events = trainLines.map((line) => JSON.parse(line) as { type: string });
  expect(events.filter(({ type }) => type === 'epoch')).toHaveLength(2);
  expect(ended).toMatchObject({ type: 'ended', reason: 'completed' });
  expect(ended.metrics).toHaveProperty('test/top1');
});

test('probe writes pictures of every epoch and a table; rerun says that nothing differs and trains the same', async () => {
  await writeShapes(path.join(folder, 'one'), { images: 6, size: 16, seed: 2 });
  const [image] = (await readdir(path.join(folder, 'one'), { recursive: true })).filter((name) => name.endsWith('.png'));
  const line = vitLab('train', 'tiny.yaml', '--json', '--runs', 'probed', '--probe', path.join('one', image!)).stdout.trimEnd().split('\n').at(-1)!;
  const { run: probed } = JSON.parse(line) as typeof ended;
  // Progress may be told where the machine is busy.
  expect(vitLab('probe', probed, '--out', 'pictures', '--json').status).toBe(0);
  expect((await readdir(path.join(folder, 'pictures'))).sort()).toEqual(['attention-0000.png', 'attention-0001.png', 'attention-0002.png', 'epochs.png', 'positions-0000.png', 'positions-0001.png', 'positions-0002.png', 'predictions.csv', 'rollout-0000.png', 'rollout-0001.png', 'rollout-0002.png']);
  const rows = (await readFile(path.join(folder, 'pictures/predictions.csv'), 'utf8')).trimEnd().split('\r\n');
  expect(rows[0]).toBe('image,epoch,class,probability');
  expect(rows).toHaveLength(1 + 3 * 5);
  expect(vitLab('probe', run).stderr).toContain('has no probe image');
  expect(vitLab('probe', 'nope')).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no run at') as string });
  const again = vitLab('rerun', probed, '--json');
  const [compared, ...events] = again.stdout.trimEnd().split('\n').map((text) => JSON.parse(text) as typeof ended & { differences?: unknown });
  expect(compared).toEqual({ type: 'compared', differences: [] });
  expect(events.at(-1)!.metrics['test/loss']).toBe((JSON.parse(line) as typeof ended).metrics['test/loss']);
  // One damaged frame is named, and the other epochs are drawn.
  const frame = path.join(probed, 'probe/image-1-epoch-0001.frame');
  await truncate(frame, 40);
  const damaged = vitLab('probe', probed, '--out', 'damaged', '--json');
  expect(damaged).toMatchObject({ status: 0, stderr: expect.stringContaining(`Epoch 1 is left out: ${frame} is damaged`) as string });
  expect(JSON.parse(damaged.stdout)).toMatchObject({ damaged: [frame] });
  expect((await readdir(path.join(folder, 'damaged'))).sort()).toEqual(['attention-0000.png', 'attention-0002.png', 'epochs.png', 'positions-0000.png', 'positions-0002.png', 'predictions.csv', 'rollout-0000.png', 'rollout-0002.png']);
}, 60_000);

test('rerun refuses when something differs, and goes on with --yes', async () => {
  const record = path.join(run, 'run.json');
  const before = await readFile(record, 'utf8');
  await writeFile(record, before.replace('"version": "', '"version": "0.0.'));
  onTestFinished(() => writeFile(record, before));
  const refused = vitLab('rerun', run, '--runs', 'again');
  expect(refused.status).toBe(1);
  expect(refused.stdout).toMatch(/ViT Lab +0\.0\./);
  expect(refused.stderr).toContain('Give --yes');
  expect(vitLab('rerun', run, '--runs', 'again', '--yes').status).toBe(0);
}, 60_000);

test('info --json gives what the configuration costs', async () => {
  const { stdout } = vitLab('info', 'tiny.yaml', '--json', '--set', 'model.depth=3');
  const facts = JSON.parse(stdout) as { params: number; tokens: number; omegaMsa: number; config: { depth: number } };
  expect(facts.config.depth).toBe(3);
  expect(facts).toMatchObject({ tokens: 5, omegaMsa: 4 * 4 * 64 + 2 * 16 * 8 });
  await expectGolden('info', vitLab('info', run).stdout);
});

test('info takes a preset by its name, and lists them', () => {
  expect(JSON.parse(vitLab('info', 'deit_tiny_distilled_patch16_224', '--json').stdout)).toMatchObject({ params: 5_910_800, tokens: 198 });
  expect(JSON.parse(vitLab('info', 'test_vit4', '--json', '--set', 'model.depth=2', '--classes', '7').stdout)).toMatchObject({ config: { depth: 2 }, classes: 7 });
  const listed = JSON.parse(vitLab('info', '--presets', '--json').stdout) as { name: string; params: number }[];
  expect(listed.find(({ name }) => name === 'vit_base_patch16_224')).toMatchObject({ params: 86_567_656 });
  const wrong = vitLab('info', 'vit_tiny_patch16_244');
  expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('Did you mean vit_tiny_patch16_224?')]);
  expect(vitLab('info').status).toBe(2);
  const data = JSON.parse(vitLab('info', 'tiny.yaml', '--data', '--json').stdout) as { sizes: object; findings: { counts: object }; imbalance: number; warnings: string[] };
  expect(data).toMatchObject({ sizes: { train: 48, val: 6, test: 6 }, findings: { counts: { train: [8, 8, 8, 8, 8, 8], val: [1, 1, 1, 1, 1, 1] } }, imbalance: 1, warnings: [] });
  expect(vitLab('info', 'tiny.yaml', '--data').stdout).toMatch(/circle +8 +1 +1\n[^]*all +48 +6 +6\n\nlargest class over smallest, training: 1.00/);
  expect(vitLab('info', run, '--data').status).toBe(2);
});

test('schedule shows a recipe before it is run, draws it, and counts the images itself', async () => {
  const set = ['--set', 'train.warmup_epochs=0.5', '--set', 'train.progressive={from: 8}', '--set', 'train.mixup=0.8', '--set', 'train.mixup_off_epoch=1'];
  const shown = vitLab('schedule', 'tiny.yaml', ...set, '--svg', 'plan.svg');
  expect([shown.status, shown.stderr]).toEqual([0, '']);
  await expectGolden('schedule', shown.stdout);
  expect(await readFile(path.join(folder, 'plan.svg'), 'utf8')).toMatch(/^<svg [^]*<\/svg>\n$/);
  // 48 of the 60 drawn images are for the training, in batches of 16; or as many as are said.
  expect(JSON.parse(vitLab('schedule', 'tiny.yaml', '--json').stdout)).toMatchObject({ epochs: 2, stepsPerEpoch: 3, step: [0, 1, 2, 3, 4, 5] });
  expect(JSON.parse(vitLab('schedule', 'tiny.yaml', '--images', '100', '--json').stdout)).toMatchObject({ stepsPerEpoch: 7 });
  expect(vitLab('schedule', 'tiny.yaml', '--images', '0').status).toBe(2);
});

test('eval --tta flip says so, and gives other probabilities', () => {
  const [once, twice] = [vitLab('eval', run, '--json'), vitLab('eval', run, '--tta', 'flip', '--json')].map(({ stdout }) => JSON.parse(stdout) as { tta?: string; metrics: Record<string, number> });
  expect([once!.tta, twice!.tta]).toEqual([undefined, 'flip']);
  expect(twice!.metrics['test/loss']).not.toBe(once!.metrics['test/loss']);
  expect(vitLab('eval', run, '--tta', 'flip').stdout).toContain('images of test; mean of the probabilities of each and its mirror image');
  expect(vitLab('eval', run, '--tta', 'ten').status).toBe(2);
});

test.runIf(process.platform === 'linux')('ONNX Runtime collects nothing: no device id, no data base of events', async () => {
  /** What it leaves in the user's folders. */
  const leftBy = async (disabled: string | undefined): Promise<string[]> => {
    const home = path.join(await temporaryFolder(), 'home');
    await mkdir(home);
    // Nothing of this environment: on a machine for continuous integration ONNX Runtime collects nothing by itself.
    const env = { PATH: process.env['PATH'], HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), VITLAB_CACHE: '', ORT_DISABLE_TELEMETRY: disabled };
    expect(spawnSync(process.execPath, [cli, 'classify', run, 'images/test'], { encoding: 'utf8', cwd: folder, env }).status).toBe(0);
    return readdir(home, { recursive: true });
  };
  expect(await leftBy(undefined)).toEqual([]);
  // Where it is let, it does: what is looked for above is what there would be.
  expect((await leftBy('0')).some((name) => name.endsWith('deviceid'))).toBe(true);
});

test('classify --json gives one row a file; --csv the same', async () => {
  await writeFile(path.join(folder, 'bad, "really".png'), 'no image');
  const { stdout, stderr, status } = vitLab('classify', run, 'images/test', 'bad, "really".png', '--json', '--csv', 'out.csv', '--top', '2');
  // What could be read is told all the same; a script hears by the exit code that something is missing.
  expect([status, stderr]).toEqual([1, expect.stringMatching(/bad, "really"\.png: [^]*Not classified: 1 of \d+\./)]);
  expect(stderr).not.toContain('    at ');
  await mkdir(path.join(folder, 'nothing here'), { recursive: true });
  expect(vitLab('classify', run, 'nothing here')).toMatchObject({ status: 1, stderr: 'nothing here: There is no image in this folder.\n' });
  expect(vitLab('classify', run, 'images/test', 'nothing here')).toMatchObject({ status: 1, stderr: 'nothing here: There is no image in this folder.\n' });
  const rows = JSON.parse(stdout) as { file: string; predictions: { label: string; probability: number }[]; error?: string }[];
  expect(rows.slice(0, -1).every(({ predictions }) => predictions.length === 2)).toBe(true);
  expect(rows.at(-1)).toMatchObject({ file: 'bad, "really".png', predictions: [] });
  const csv = await readFile(path.join(folder, 'out.csv'), 'utf8');
  expect(csv.split('\r\n')).toHaveLength(rows.length + 2);
  expect(csv).toContain('"bad, ""really"".png"');
});

test('export in 8 bits shows what that changes before it writes, and where it cannot, says how to go on', async () => {
  const exported = vitLab('export', run, '--out', 'int8.onnx', '--precision', 'int8', '--json');
  expect(exported.stderr).toMatch(/int8 on \d+ validation images: top-1 [\d.]+ %, in fp32 [\d.]+ %/);
  const { change } = JSON.parse(exported.stdout) as { change: { images: number; agreement: number } };
  expect(change.images).toBe(6);
  expect(change.agreement).toBeGreaterThan(0.5);
  // Asked before the measurement, which takes its time.
  const twice = vitLab('export', run, '--out', 'int8.onnx', '--precision', 'int8');
  expect([twice.status, twice.stderr.includes('--force'), twice.stderr.includes('Measuring')]).toEqual([1, true, false]);
  expect(JSON.parse(vitLab('export', run, '--out', 'fp32.onnx', '--json').stdout)).not.toHaveProperty('change');
});

test('without the images of the run, what measures names --data; export goes on only with --unmeasured', async () => {
  await rename(path.join(folder, 'images'), path.join(folder, 'elsewhere'));
  onTestFinished(() => rename(path.join(folder, 'elsewhere'), path.join(folder, 'images')));
  for (const args of [['eval', photos], ['classify', photos, 'elsewhere/test', '--precision', 'int8'], ['export', photos, '--out', 'moved.onnx', '--precision', 'int8']]) {
    const { status, stderr } = vitLab(...args);
    expect([args[0], status]).toEqual([args[0], 1]);
    expect(stderr).toContain(`are no longer at ${path.join(folder, 'images')}`);
    expect(stderr).toContain('--data PLACE');
    expect(stderr.includes('--unmeasured')).toBe(args[0] === 'export');
  }
  expect(existsSync(path.join(folder, 'moved.onnx'))).toBe(false);
  expect(vitLab('eval', photos, '--data', 'elsewhere').status).toBe(0);
  expect(vitLab('eval', photos, '--data', 'nowhere').stderr).toContain('which --data names');
  const unmeasured = vitLab('export', photos, '--out', 'moved.onnx', '--precision', 'int8', '--unmeasured', '--json');
  expect(unmeasured.stderr).toContain('int8: what it changes is not measured');
  expect(JSON.parse(unmeasured.stdout)).toMatchObject({ change: null });
});

test('inspect writes pictures', async () => {
  const image = path.join('images/test/circle', (await readdir(path.join(folder, 'images/test/circle')))[0]!);
  const { stdout, stderr } = vitLab('inspect', run, image, '--out', 'pictures', '--query', '2,1', '--json');
  expect(stderr).toBe('');
  expect(vitLab('inspect', run, image, '--out', 'pictures').stderr).toBe('Pictures of an earlier look were replaced: 4, in pictures. With --out they go elsewhere.\n');
  const report = JSON.parse(stdout) as { pictures: string[]; query: number; attention: { weights: number[]; tokens: number } };
  expect(report.pictures.map((file) => path.basename(file))).toEqual(['patches.png', 'attention.png', 'rollout.png', 'positions.png']);
  expect(report.query).toBe(3);
  expect(report.attention.weights.slice(0, 5).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  for (const file of report.pictures) expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');
});

test('run: a raw tensor in, logits and attention out, for any batch', async () => {
  const { spec } = await loadCheckpoint(await resolveCheckpoint(run));
  const shape = [3, spec.channels, ...spec.imageSize];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i));
  await writeFile(path.join(folder, 'x.npy'), writeNpy({ shape, data }));
  const { status } = vitLab('run', run, '--input', 'x.npy', '--output', 'out.npz', '--taps', 'attention');
  expect(status).toBe(0);
  const arrays = await readNpz(path.join(folder, 'out.npz'));
  expect(arrays.get('logits')!.shape).toEqual([3, 6]);
  expect(arrays.get('attention.1')!.shape).toEqual([3, 2, 5, 5]);
});

test('runs, compare and eval print tables', async () => {
  expect(vitLab('train', 'tiny.yaml', '--set', 'model.depth=1', '--set', 'seed=3').status).toBe(0);
  const runs = JSON.parse(vitLab('runs', '--json').stdout) as { path: string }[];
  expect(runs).toHaveLength(2);
  const comparison = JSON.parse(vitLab('compare', run, runs[0]!.path, '--json').stdout) as { differences: { key: string }[] };
  expect(comparison.differences.map(({ key }) => key).sort()).toEqual(['model.depth', 'seed']);
  const evaluated = JSON.parse(vitLab('eval', run, '--json').stdout) as { metrics: Record<string, number> };
  expect(evaluated.metrics['test/top1']).toBe(ended.metrics['test/top1']);
  expect(evaluated.metrics['test/loss']).toBeCloseTo(ended.metrics['test/loss']!, 12);
});

test('docs/cli.md shows the commands that --help lists', async () => {
  expect(await readFile(path.join(root, 'docs/cli.md'), 'utf8')).toContain(vitLab('--help').stdout.trim().split('\n').slice(2).join('\n'));
});

test('a dataset that is not there is told with the line that names it', async () => {
  await tinyConfig(folder, { dataset: { format: 'auto', path: 'gone' } }, 'gone.yaml');
  const { status, stderr } = vitLab('train', 'gone.yaml');
  expect(stderr).toMatch(/^error: .*gone\.yaml:\d+:\d+: Cannot open the dataset .*gone: there is no such file or folder\.$/m);
  expect(status).toBe(1);
  expect(vitLab('train', 'tiny.yaml', '--set', 'dataset.format=auto', '--set', 'dataset.path=gone').stderr).toMatch(/^error: --set dataset\.path: Cannot open the dataset /m);
});

test('a folder that is no run is an error, and a damaged run is named', async () => {
  for (const args of [['compare', run, 'gone'], ['compare', run, folder], ['resume', 'gone'], ['rerun', 'gone'], ['runs', 'gone']]) {
    const { status, stderr, stdout } = vitLab(...args);
    expect(stderr).toMatch(/^error: There is no run at /m);
    expect([status, stdout]).toEqual([1, '']);
  }
  expect(JSON.parse(vitLab('resume', 'gone', '--json').stdout)).toMatchObject({ type: 'ended', run: null, reason: 'error' });
  const damaged = path.join(folder, 'elsewhere', 'damaged');
  await cp(run, damaged, { recursive: true });
  await writeFile(path.join(damaged, 'run.json'), '{"format":');
  const compared = vitLab('compare', run, damaged);
  expect(compared.stderr).toMatch(/^damaged: problem: .*run\.json is damaged/m);
  expect(compared.status).toBe(0);
});

test('runs lists a run that is named, wherever it lies', async () => {
  const apart = path.join(folder, 'elsewhere', 'whole');
  await cp(run, apart, { recursive: true });
  expect(JSON.parse(vitLab('runs', path.relative(folder, apart), '--json').stdout)).toMatchObject([{ path: apart, state: 'finished' }]);
});

test('eval tells classes, calibration and intervals, as text, JSON and CSV', async () => {
  const { status, stdout } = vitLab('eval', run, '--csv', 'classes.csv');
  expect(status).toBe(0);
  for (const said of [/test\/top1 +[\d.]+ % {2}\(95 %: [\d.]+ to [\d.]+ %\)/, /test\/top5/, /test\/balanced_accuracy/, /Calibration: ECE/, /^class +images +precision/m, /Confusion/]) expect(stdout).toMatch(said);
  const lines = (await readFile(path.join(folder, 'classes.csv'), 'utf8')).split('\r\n');
  expect(lines[0]).toBe('class,support,predicted,precision,precision_low,precision_high,recall,recall_low,recall_high,f1,auc,ap');
  expect(lines).toHaveLength(1 + 6 + 1);
  const told = JSON.parse(vitLab('eval', run, '--json').stdout) as Record<string, unknown>;
  expect(Object.keys(told).sort()).toEqual(['calibration', 'checkpoint', 'classes', 'confused', 'confusion', 'epoch', 'images', 'intervals', 'macro', 'metrics', 'split', 'weighted']);
});

test('eval --weights all sets best, last and unaveraged weights side by side', async () => {
  await tinyConfig(folder, { train: { epochs: 3, model_ema_decay: 0.9, lr: 0.02, monitor: 'val/loss' } }, 'averaged.yaml');
  expect(vitLab('train', 'averaged.yaml', '--runs', 'averaged').status).toBe(0);
  const averaged = path.join('averaged', (await readdir(path.join(folder, 'averaged')))[0]!);
  const rows = JSON.parse(vitLab('eval', averaged, '--weights', 'all', '--json').stdout) as { weights: string; checkpoint: string; metrics: Record<string, number> }[];
  expect([['best', 'last', 'last, not averaged'], ['best, last', 'last, not averaged']]).toContainEqual(rows.map(({ weights }) => weights));
  const [best, raw] = [rows[0]!, rows.at(-1)!];
  expect(['averaged' in best, 'averaged' in raw]).toEqual([true, false]);
  // The first row is what eval says of the run; the last is of other weights.
  expect(best.metrics).toEqual((JSON.parse(vitLab('eval', averaged, '--json').stdout) as typeof best).metrics);
  const last = JSON.parse(vitLab('eval', `${averaged}@last`, '--json').stdout) as typeof best;
  expect(raw.checkpoint).toBe(last.checkpoint);
  expect(Math.abs(raw.metrics['test/loss']! - last.metrics['test/loss']!)).toBeGreaterThan(1e-4);
  for (const none of [best.checkpoint, `${averaged}@last`]) expect(vitLab('eval', none, '--weights', 'all').stderr).toContain('Name the run’s folder');
  const { stdout } = vitLab('eval', averaged, '--weights', 'all', '--csv', 'weights.csv');
  expect(stdout).toMatch(/^weights +epoch +test\/loss +test\/top1/m);
  expect(await readFile(path.join(folder, 'weights.csv'), 'utf8')).toMatch(/^weights,averaged,split,tta,epoch,images,loss,loss_low/);
  // Where one is damaged, that is told, and the others are shown.
  await truncate(best.checkpoint, 5000);
  const torn = vitLab('eval', averaged, '--weights', 'all', '--json');
  expect([torn.status, torn.stderr]).toEqual([1, expect.stringContaining(path.basename(best.checkpoint))]);
  expect((JSON.parse(torn.stdout || '[]') as typeof rows).map(({ weights }) => weights)).toEqual(rows.map(({ weights }) => weights).filter((name) => rows.find((row) => row.weights === name)!.checkpoint !== best.checkpoint));
});

test('an evaluation on other images than the run’s says so', async () => {
  const moved = path.join(folder, 'fewer');
  await cp(path.join(folder, 'images'), moved, { recursive: true });
  const same = vitLab('eval', photos, '--split', 'val', '--data', moved);
  expect([same.status, same.stderr]).toEqual([0, '']);
  const circles = path.join(moved, 'train', 'circle');
  for (const name of (await readdir(circles)).slice(0, 3)) await rm(path.join(circles, name));
  for (const all of [[], ['--weights', 'all']]) {
    const { status, stderr } = vitLab('eval', photos, '--split', 'val', '--data', moved, ...all);
    expect([status, stderr]).toEqual([0, expect.stringMatching(/These are not the images that the run was trained with \(then \d+ \+ \d+ \+ \d+ images, fingerprint [0-9a-f]{12}, now /)]);
  }
});

describe('weights of another project', () => {
  const hf = path.join(root, 'test/golden/schemes/hf-deit');

  test('import tells what was matched, as JSON or in words, and writes a checkpoint', async () => {
    const report = JSON.parse(vitLab('import', hf, '--json').stdout) as Record<string, unknown[]>;
    expect(report['scheme']).toBe('hf-v4');
    expect([report['missing'], report['resized']]).toEqual([[], []]);
    for (const key of ['matched', 'converted', 'unexpected']) expect(Array.isArray(report[key]), key).toBe(true);
    const { status, stdout } = vitLab('import', hf, '--out', 'imported.safetensors');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^hf-v4: \d+ tensors as they are, \d+ converted, 0 resized, 0 missing, 0 unexpected/m)]);
    expect((await loadCheckpoint(path.join(folder, 'imported.safetensors'))).meta.origin?.scheme).toBe('hf-v4');
  });

  test('run, classify, info, inspect and export take its folder, with the same numbers as the imported checkpoint', async () => {
    const { spec } = await loadCheckpoint(path.join(folder, 'imported.safetensors'));
    const shape = [1, spec.channels, ...spec.imageSize];
    await writeFile(path.join(folder, 'foreign.npy'), writeNpy({ shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)) }));
    for (const [out, from] of [['a', hf], ['b', 'imported.safetensors']] as const) expect(vitLab('run', from, '--input', 'foreign.npy', '--output', `${out}.npz`)).toMatchObject({ status: 0 });
    const [a, b] = await Promise.all(['a.npz', 'b.npz'].map((name) => readNpz(path.join(folder, name))));
    expect([...a!].map(([name, { data }]) => [name, data])).toEqual([...b!].map(([name, { data }]) => [name, data]));
    const picture = path.join('images/test/circle', (await readdir(path.join(folder, 'images/test/circle')))[0]!);
    expect(JSON.parse(vitLab('info', hf, '--json').stdout)).toBeTruthy();
    expect(JSON.parse(vitLab('classify', hf, picture, '--json').stdout)).toMatchObject([{ file: expect.any(String) as string }]);
    expect(vitLab('inspect', hf, picture, '--out', 'foreign-pictures')).toMatchObject({ status: 0 });
    expect(vitLab('export', hf, '--out', 'foreign.onnx')).toMatchObject({ status: 0 });
  });
});

test('errors name the place, never a stack, and exit with 1; a wrong command line with 2', async () => {
  await writeFile(path.join(folder, 'typo.yaml'), 'dataset:\n  format: shapes\nmodel:\n  dept: 3\n');
  const typo = vitLab('train', 'typo.yaml');
  expect(typo.status).toBe(1);
  expect(typo.stderr).toMatch(/typo\.yaml:4/);
  expect(typo.stderr).toContain('depth');
  expect(typo.stderr).not.toContain('    at ');
  expect(vitLab('classify', run)).toMatchObject({ status: 2, stderr: expect.stringMatching(/FILE\|FOLDER… is missing\.\nUsage: vit-lab classify/) as string });
  expect(vitLab('inspect', run, 'nothing.png').stderr).toMatch(/^error: Cannot read .*nothing\.png: there is no such file\.$/m);
  expect(vitLab('inspect', run, 'nothing.png', '--discard', '1').stderr).toContain('from 0 to below 1, not 1');
  const missing = vitLab('classify', 'nowhere', 'x.png', '--json');
  expect([missing.status, missing.stdout]).toEqual([1, '']);
  expect(vitLab('train').status).toBe(2);
  expect(vitLab('train', 'a', 'b').status).toBe(2);
  expect(vitLab('train', 'a', '--what').status).toBe(2);
  expect(vitLab('eval', run, '--split', 'all').status).toBe(2);
  expect(vitLab('classify', run, 'images/test', '--top', '0').status).toBe(2);
  expect(vitLab('sing').status).toBe(2);
});

test('Ctrl-C checkpoints, tells how to go on, and exits with 130; resume goes on', async () => {
  await tinyConfig(folder, { train: { epochs: 3000 } }, 'long.yaml');
  const child = spawn(process.execPath, [cli, 'train', 'long.yaml', '--json', '--runs', 'long'], { cwd: folder });
  let out = '';
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (!out.includes('"epoch","run"') && (out + chunk.toString()).includes('"type":"epoch"')) child.kill('SIGINT');
      out += chunk.toString();
    });
    child.once('exit', resolve);
  });
  expect(code).toBe(130);
  const last = JSON.parse(out.trimEnd().split('\n').at(-1)!) as { reason: string; run: string };
  expect(last.reason).toBe('stopped');
  // What it prints works as printed, from where it was started.
  const [program, ...printed] = /Go on with: (.+)/.exec(err)![1]!.split(' ');
  expect([program, ...printed.slice(1)]).toEqual(['node', 'resume', last.run]);

  const again = spawn(process.execPath, printed, { cwd: folder });
  onTestFinished(() => void again.kill('SIGKILL'));
  const shown = await new Promise<string>((resolve) => {
    let text = '';
    again.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()).includes('epoch') && resolve(text));
  });
  expect(shown).toMatch(/resumed at step \d+/);
  expect(JSON.parse(vitLab('stop', path.relative(folder, last.run), '--json').stdout)).toEqual({ stopped: last.run });
}, 60_000);

test('a reader that leaves makes a training checkpoint, not vanish', async () => {
  await tinyConfig(folder, { train: { epochs: 3000 } }, 'piped.yaml');
  const child = spawn(process.execPath, [cli, 'train', 'piped.yaml', '--runs', 'piped'], { cwd: folder });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stderr.resume();
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1);
  const [left] = JSON.parse(vitLab('runs', '--runs', 'piped', '--json').stdout) as { state: string; resumable: boolean }[];
  expect(left).toMatchObject({ state: 'stopped', resumable: true });
}, 60_000);

test('stop fails where there is nothing to stop', () => {
  const missing = vitLab('stop', 'nowhere');
  expect([missing.status, missing.stdout]).toEqual([1, '']);
  expect(missing.stderr).toContain('is not a run');
  const over = vitLab('stop', run);
  expect([over.status, over.stdout]).toEqual([1, '']);
  expect(over.stderr).toContain('is not running');
});

test('init prints commands that work from where the user stands', () => {
  const { status, stdout } = vitLab('init', 'my sample');
  expect(status).toBe(0);
  const commands = stdout.split('\n').filter((line) => line.startsWith('  '));
  expect(commands).toHaveLength(3);
  const shell = spawnSync(commands[0]!, { shell: true, cwd: folder, encoding: 'utf8' });
  expect([shell.status, shell.stderr]).toEqual([0, '']);
  expect(shell.stdout).toContain('shapes');
});

test('preview writes the batch that the training begins with', async () => {
  const shown = vitLab('preview', 'tiny.yaml', '--out', 'batch.png', '--json');
  expect([shown.status, shown.stderr]).toEqual([0, '']);
  expect(JSON.parse(shown.stdout)).toMatchObject({ step: 1, epoch: 1, seed: 0, batchSize: 16, height: 16, width: 16, mix: null });
  expect((await readFile(path.join(folder, 'batch.png'))).subarray(1, 4).toString()).toBe('PNG');
  expect(vitLab('preview', 'tiny.yaml', '--out', 'batch.jpg').status).toBe(2);
  expect(vitLab('preview', 'tiny.yaml', '--out', 'batch.png', '--step', '0').stderr).toContain('--step takes a whole number from 1 on');
});
