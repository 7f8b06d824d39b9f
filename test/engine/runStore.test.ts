import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { digest, loadCheckpoint } from '../../src/engine/checkpoint';
import { isFromWithin } from '../../src/epochs';
import {
  compareRuns, createRun, listCheckpoints, listRuns, readConfusion, readMetrics, readRun, reopenRun, requestStop, resolveCheckpoint, runName, type RunWriter,
} from '../../src/engine/runStore';
import { withFault } from './faultyDisk';
import { classes, config, newRun, pointAt, spec, temporaryFolder } from './runFixture';

const row = (step: number) => ({ step, epoch: step / 10, time: step / 2, values: { 'train/loss': 1 / step, lr: 0.001 } });

async function trained(runs: string, epochs: number): Promise<RunWriter> {
  const writer = await createRun(newRun(runs));
  for (let epoch = 1; epoch <= epochs; epoch++) {
    await writer.event(row(epoch * 10));
    await writer.savePoint(pointAt(epoch, epoch === 1));
  }
  return writer;
}

test('a run is named after its model and data', () => {
  expect(runName(config, 'shapes', spec)).toBe('vit-p4-d8-l1 shapes');
  expect(runName(config, 'shapes', { ...spec, patchSize: [4, 7] })).toBe('vit-p4x7-d8-l1 shapes');
  expect(runName(config, 'shapes', { ...spec, projection: 'conv_stem', stem: [8, 8] })).toBe('cct-p4-d8-l1 shapes');
  expect(runName(config, 'shapes', { ...spec, architecture: 'resnet', block: 'basic', layers: [2, 2, 2, 2] })).toBe('resnet18-d8 shapes');
  expect(runName({ ...config, name: 'Mine' }, 'shapes', spec)).toBe('Mine');
});

test('a finished run has everything in its folder', async () => {
  const runs = path.join(temporaryFolder(), 'runs');
  const writer = await trained(runs, 3);
  await writer.saveConfusion({ labels: classes, counts: [[1, 0, 0], [0, 2, 0], [0, 0, 3]] }, 3);
  await writer.log('warning', 'careful');
  await writer.finish('finished', 'completed', { 'test/top1': 0.9 });
  expect(path.basename(writer.path)).toMatch(/^vit-p4-d8-l1_shapes_\d{8}-\d{6}_[0-9a-f]{4}$/);
  expect(readdirSync(writer.path).filter((name) => !name.startsWith('released')).sort()).toEqual(
    ['checkpoints', 'config.source.yaml', 'config.yaml', 'confusion.json', 'log.jsonl', 'metrics.jsonl', 'run.json'],
  );
  const summary = await readRun(writer.path);
  expect(summary).toMatchObject({ name: 'vit-p4-d8-l1 shapes', state: 'finished', reason: 'completed', engine: 'cpu', dataset: 'shapes', resumable: false, epochs: 10, steps: 20 });
  expect(summary.latest).toEqual({ 'train/loss': 1 / 30, lr: 0.001, 'test/top1': 0.9 });
  expect(summary.best).toEqual({ 'val/top1': 0.01 });
  expect(await readMetrics(writer.path, 10)).toEqual([row(20), row(30)]);
  expect(await readConfusion(writer.path)).toEqual({ epoch: 3, labels: classes, counts: [[1, 0, 0], [0, 2, 0], [0, 0, 3]] });
  expect(readFileSync(path.join(writer.path, 'config.yaml'), 'utf8')).toContain('depth: 1');
});

test('best, last and the newest stay, training states of the newest two', async () => {
  const writer = await trained(temporaryFolder(), 5);
  await writer.savePoint(pointAt(5, false, 3));
  const names = readdirSync(path.join(writer.path, 'checkpoints')).sort();
  expect(names).toEqual([
    'epoch-0001.safetensors', 'epoch-0005-step-000053.safetensors', 'epoch-0005-step-000053.state.safetensors',
    'epoch-0005.safetensors', 'epoch-0005.state.safetensors', 'index.json',
  ]);
  const list = await listCheckpoints(writer.path);
  expect(list.map(({ epoch, step, best, last }) => [epoch, step, best, last])).toEqual([[5, 53, false, true], [5, 50, false, false], [1, 10, true, false]]);
  await writer.finish('stopped', 'asked', {});
});

test('points within an epoch go when newer points can be resumed from', async () => {
  const writer = await trained(temporaryFolder(), 1);
  for (const stepInEpoch of [1, 2, 3]) await writer.savePoint(pointAt(1, false, stepInEpoch));
  const steps = async (): Promise<number[]> => (await listCheckpoints(writer.path)).map(({ step }) => step);
  expect(await steps()).toEqual([13, 12, 10]);
  await writer.savePoint(pointAt(2, false));
  await writer.savePoint(pointAt(3, false));
  expect((await steps()).filter((step) => step % 10 !== 0)).toEqual([]);
  await writer.finish('stopped', 'asked', {});
});

test('what is from within an epoch is told by its own name, whatever its folder is called', async () => {
  expect(['epoch-0005-step-000053', '/runs/a/checkpoints/epoch-0005-step-000053.safetensors'].map(isFromWithin)).toEqual([true, true]);
  expect(['epoch-0005', '/runs/two-step-training/checkpoints/epoch-0005.safetensors'].map(isFromWithin)).toEqual([false, false]);
  const writer = await trained(path.join(temporaryFolder(), 'two-step-training'), 3);
  expect(path.basename(await resolveCheckpoint(`${writer.path}@epoch-2`))).toBe('epoch-0002.safetensors');
  await writer.finish('finished', 'completed', {});
});

test('a checkpoint is found by run, by mark and by epoch', async () => {
  const writer = await trained(temporaryFolder(), 3);
  const name = async (text: string): Promise<string> => path.basename(await resolveCheckpoint(text), '.safetensors');
  expect(await name(writer.path)).toBe('epoch-0001');
  expect(await name(`${writer.path}@best`)).toBe('epoch-0001');
  expect(await name(`${writer.path}@last`)).toBe('epoch-0003');
  expect(await name(`${writer.path}@epoch-2`)).toBe('epoch-0002');
  expect(await name(path.join(writer.path, 'checkpoints', 'epoch-0002.safetensors'))).toBe('epoch-0002');
  await expect(name(`${writer.path}@epoch-9`)).rejects.toThrow(/has no checkpoint "epoch-9"\. It has: best, last, epoch-0003/);
  await expect(name('/nowhere@best')).rejects.toThrow(/no checkpoint and no run/);
  rmSync(path.join(writer.path, 'checkpoints', 'epoch-0001.safetensors'));
  expect(await name(writer.path), 'what somebody deleted is passed over').toBe('epoch-0003');
  await writer.finish('finished', 'completed', {});
});

describe('resuming', () => {
  test('goes on at the last point, and forgets the rows after it', async () => {
    const writer = await trained(temporaryFolder(), 2);
    await writer.event(row(25));
    await writer.finish('stopped', 'asked', {});
    appendFileSync(path.join(writer.path, 'metrics.jsonl'), '{"step":26,"epo');
    writeFileSync(path.join(writer.path, 'checkpoints', 'epoch-0009.safetensors.1-ff.tmp'), 'torn');
    writeFileSync(path.join(writer.path, 'stop'), '');
    expect(await readMetrics(writer.path)).toHaveLength(3);
    const opened = await reopenRun(writer.path);
    expect(opened.point).toEqual(pointAt(2).point);
    expect(opened.config).toEqual(config);
    expect(opened.writer.timeBefore).toBe(10);
    expect(opened.dataset.fingerprint).toBe('f00d');
    expect(await opened.writer.stopRequested()).toBe(false);
    expect(await readMetrics(writer.path)).toEqual([row(10), row(20)]);
    expect(readdirSync(path.join(writer.path, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await opened.writer.finish('finished', 'completed', {});
  });

  test('is refused while a living process trains it, this one or another', async () => {
    const writer = await trained(temporaryFolder(), 1);
    await expect(reopenRun(writer.path)).rejects.toThrow(/another process/);
    await writer.finish('stopped', 'asked', {});
    const claimedBy = (owner: object): void => writeFileSync(path.join(writer.path, 'owner.7'), JSON.stringify({ host: hostname(), start: null, ...owner }));
    claimedBy({ pid: process.ppid });
    await expect(reopenRun(writer.path), 'a living process here').rejects.toThrow(/another process/);
    claimedBy({ pid: 1, host: 'another-machine' });
    await expect(reopenRun(writer.path), 'another machine, heartbeat fresh').rejects.toThrow(/another process/);
    const old = new Date(Date.now() - 120_000);
    utimesSync(path.join(writer.path, 'run.json'), old, old);
    await (await reopenRun(writer.path)).writer.finish('stopped', 'asked', {});
    writeFileSync(path.join(writer.path, 'owner.70'), JSON.stringify({ pid: 2 ** 30, start: null, host: hostname() }));
    await (await reopenRun(writer.path)).writer.finish('stopped', 'a dead process', {});
  });

  test.runIf(process.platform === 'linux')('is not refused because the number of a dead process was given to another', async () => {
    const writer = await trained(temporaryFolder(), 1);
    await writer.finish('stopped', 'asked', {});
    writeFileSync(path.join(writer.path, 'owner.7'), JSON.stringify({ pid: process.ppid, start: 'another boot:1', host: hostname() }));
    await (await reopenRun(writer.path)).writer.finish('stopped', 'asked', {});
  });

  test('of two that try at once, one succeeds', async () => {
    const writer = await trained(temporaryFolder(), 1);
    await writer.finish('stopped', 'asked', {});
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => reopenRun(writer.path)));
    const won = tries.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.writer] : []));
    expect(won).toHaveLength(1);
    await won[0]!.finish('finished', 'completed', {});
  });

  test('falls back to the point before when the newest cannot be read', async () => {
    const writer = await trained(temporaryFolder(), 3);
    await writer.finish('stopped', 'asked', {});
    writeFileSync(path.join(writer.path, 'checkpoints', 'epoch-0003.safetensors'), 'broken');
    const { writer: second, point, skipped } = await reopenRun(writer.path);
    expect(point.epoch).toBe(2);
    expect(skipped, 'and it is told').toEqual([expect.stringMatching(/epoch-0003 cannot be read/)]);
    expect((await readMetrics(writer.path)).at(-1)?.step).toBe(20);
    await second.finish('stopped', 'asked', {});
  });

  test('without any point is refused with the reason', async () => {
    const writer = await createRun(newRun(temporaryFolder()));
    await writer.finish('stopped', 'asked', {});
    expect((await readRun(writer.path)).resumable).toBe(false);
    await expect(reopenRun(writer.path)).rejects.toThrow(/no checkpoint to resume from/);
    await expect(reopenRun(writer.path), 'and it was given back').rejects.toThrow(/no checkpoint to resume from/);
  });

  test('of a finished run is refused, and its record stays', async () => {
    const writer = await trained(temporaryFolder(), 1);
    await writer.finish('finished', 'All 10 epochs done.', {});
    await expect(reopenRun(writer.path)).rejects.toThrow(/is finished already: All 10 epochs done\./);
    expect(await readRun(writer.path)).toMatchObject({ state: 'finished', resumable: false });
  });

  test('with an edited configuration is refused with both values; name, backend and data path are free', async () => {
    const writer = await trained(temporaryFolder(), 1);
    await writer.event(row(15));
    await writer.finish('stopped', 'asked', {});
    const file = path.join(writer.path, 'config.yaml');
    const text = readFileSync(file, 'utf8');
    const epochs = `epochs: ${config.train.epochs}`;
    expect(text).toContain(epochs);
    writeFileSync(file, text.replace(epochs, 'epochs: 77'));
    await expect(reopenRun(writer.path)).rejects.toThrow(new RegExp(`config\\.yaml was edited[^]*train\\.epochs was ${config.train.epochs} and is now 77\nRestore`));
    expect(await readMetrics(writer.path), 'nothing was forgotten').toHaveLength(2);
    writeFileSync(file, `${text.replace(/backend: \w+/, 'backend: cpu')}\nname: Another\n`);
    await (await reopenRun(writer.path)).writer.finish('stopped', 'asked', {});
  });

  test('works after the run was moved together with its data', async () => {
    const folder = temporaryFolder();
    const [before, after] = [path.join(folder, 'before'), path.join(folder, 'after')];
    mkdirSync(path.join(before, 'data'), { recursive: true });
    const data = path.join(before, 'data');
    const moved = { ...config, dataset: { ...config.dataset, path: data } };
    const writer = await createRun(newRun(path.join(before, 'runs'), { config: moved, dataset: { ...newRun('').dataset, path: data } }));
    await writer.savePoint(pointAt(1));
    await writer.finish('stopped', 'asked', {});
    renameSync(before, after);
    const opened = await reopenRun(path.join(after, 'runs', path.basename(writer.path)));
    expect(opened.config.dataset.path).toBe(path.join(after, 'data'));
    await opened.writer.finish('stopped', 'asked', {});
  });
});

describe('listing', () => {
  test('a run whose process is gone reads as interrupted', async () => {
    const writer = await trained(temporaryFolder(), 1);
    expect((await readRun(writer.path)).state).toBe('running');
    await writer.finish('stopped', 'asked', {});
    const record = path.join(writer.path, 'run.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace('"stopped"', '"running"'));
    expect(await readRun(writer.path)).toMatchObject({ state: 'interrupted', resumable: true });
  });

  test('an interrupted run tells what it measured last, whether or not its record has it; rows that cannot be read do not hide it', async () => {
    const writer = await trained(temporaryFolder(), 1);
    await writer.finish('stopped', 'asked', {});
    const record = path.join(writer.path, 'run.json');
    const asRunning = (heartbeat: string): void => writeFileSync(record, readFileSync(record, 'utf8').replace('"stopped"', '"running"').replace(/"created": "[^"]*"/, `"created": "${heartbeat}"`));
    const rows = path.join(writer.path, 'metrics.jsonl');
    writeFileSync(rows, `${readFileSync(rows, 'utf8')}{"step":99,"epoch":9,"time":1,"values":{"val/loss":0.125}}\n`);
    asRunning('2026-01-01T00:00:00.000Z');
    expect((await readRun(writer.path)).latest).toMatchObject({ 'val/loss': 0.125 });
    rmSync(rows);
    mkdirSync(rows);
    asRunning('2026-01-01T00:00:01.0000Z');
    const read = await readRun(writer.path);
    expect([read.state, read.problem]).toEqual(['interrupted', undefined]);
  });

  test('broken folders have a problem, other folders are left alone', async () => {
    const runs = temporaryFolder();
    const writer = await trained(runs, 1);
    await writer.finish('finished', 'completed', {});
    const broken = { empty: '', torn: '{"format":1,', newer: '{"format":2}', wrong: '{"format":1}' };
    for (const [name, text] of Object.entries(broken)) {
      mkdirSync(path.join(runs, name));
      writeFileSync(path.join(runs, name, 'run.json'), text);
    }
    mkdirSync(path.join(runs, 'lost', 'checkpoints'), { recursive: true });
    writeFileSync(path.join(runs, 'lost', 'config.yaml'), '');
    mkdirSync(path.join(runs, 'pictures'));
    writeFileSync(path.join(runs, 'notes.txt'), '');
    const listed = await listRuns(runs);
    expect(listed.map(({ path: place }) => path.basename(place)).sort()).toEqual(['empty', 'lost', 'newer', 'torn', 'wrong', path.basename(writer.path)].sort());
    expect(listed[0]?.path).toBe(writer.path);
    for (const { path: place, problem } of listed.slice(1)) expect(problem).toContain(place);
    expect(listed.find(({ path: place }) => place.endsWith('newer'))?.problem).toMatch(/newer version/);
    expect(await listRuns(path.join(runs, 'nowhere'))).toEqual([]);
  });

  test('what did not change since it was listed is not read again', async () => {
    const runs = temporaryFolder();
    const writer = await trained(runs, 1);
    await writer.finish('finished', 'completed', {});
    const file = path.join(writer.path, 'run.json');
    const text = readFileSync(file, 'utf8');
    const other = text.replace('"finished"', '"finishad"');
    const then = new Date('2026-01-01');
    utimesSync(file, then, then);
    const [first] = await listRuns(runs);
    // Of the same length and age: whoever reads it again finds another state.
    writeFileSync(file, other);
    utimesSync(file, then, then);
    expect(await listRuns(runs)).toEqual([first]);
    utimesSync(file, new Date(), new Date());
    expect(await listRuns(runs)).not.toEqual([first]);
  });
});

test('anyone can ask a run to stop', async () => {
  const writer = await createRun(newRun(temporaryFolder()));
  expect(await writer.stopRequested()).toBe(false);
  await requestStop(writer.path);
  expect(await writer.stopRequested()).toBe(true);
  await writer.finish('stopped', 'asked', {});
  expect(existsSync(path.join(writer.path, 'stop'))).toBe(false);
});

test('runs are compared by curves and by the keys that differ', async () => {
  const runs = temporaryFolder();
  const first = await trained(runs, 2);
  // How a run is called is told above, and shapes that are not drawn shape nothing.
  const deeper = { ...config, name: 'deeper', dataset: { ...config.dataset, format: 'auto' as const, shapes: { ...config.dataset.shapes, images: 77 } }, model: { ...config.model, depth: 2 }, train: { ...config.train, betas: [0.9, 0.95] as [number, number] } };
  const second = await createRun(newRun(runs, { config: deeper }));
  await first.finish('finished', 'completed', {});
  await second.finish('stopped', 'asked', {});
  const { runs: compared, differences } = await compareRuns([first.path, second.path]);
  expect(compared[0]?.curves['train/loss']).toEqual({ steps: [10, 20], epochs: [1, 2], times: [5, 10], values: [1 / 10, 1 / 20] });
  expect(compared[0]).toMatchObject({ state: 'finished', final: { lr: 0.001 }, best: { 'val/top1': 0.01 } });
  expect(differences).toEqual([
    { key: 'dataset.format', values: ['shapes', 'auto'] },
    { key: 'model.depth', values: ['1', '2'] },
    { key: 'train.betas', values: ['[0.9,0.999]', '[0.9,0.95]'] },
  ]);
});

test('progress and heartbeat reach run.json at most every two seconds', async () => {
  const writer = await createRun(newRun(temporaryFolder()));
  const record = path.join(writer.path, 'run.json');
  const before = readFileSync(record, 'utf8');
  for (let step = 1; step <= 20; step++) await writer.progress({ epoch: 0, step, epochs: 10, steps: 20 });
  expect(readFileSync(record, 'utf8')).toBe(before);
  await writer.finish('stopped', 'asked', {});
  expect(await readRun(writer.path)).toMatchObject({ step: 20, state: 'stopped' });
});

describe('whatever call of the disk fails', () => {
  test('while a point is saved: a checkpoint can be loaded, and what is told as saved is saved', async () => {
    const runs = temporaryFolder();
    const probe = await trained(runs, 2);
    const { calls } = await withFault(null, async () => void (await probe.savePoint(pointAt(3, true))));
    await probe.finish('stopped', 'asked', {});
    expect(calls).toBeGreaterThan(25);
    for (let at = 0; at < calls; at++) {
      for (const [code, stays] of [['EIO', false], ['ENOSPC', true]] as const) {
        const writer = await trained(temporaryFolder(), 2);
        let told: string | undefined;
        const { error } = await withFault({ at, code, stays }, async () => {
          told = await writer.savePoint(pointAt(3, true));
        });
        const last = await loadCheckpoint(await resolveCheckpoint(writer.path, 'last'));
        const expected = told === undefined ? [2, 3] : [3];
        expect(expected, `call ${at} ${code}: ${String(error)}`).toContain(last.meta.epoch);
        expect(digest(last.params)).toBe(digest(pointAt(last.meta.epoch).point.state.params));
        await writer.finish('failed', 'disk', {});
        const { writer: again, point } = await reopenRun(writer.path);
        expect(point.epoch).toBe(last.meta.epoch);
        await again.savePoint(pointAt(point.epoch + 1));
        await again.finish('stopped', 'asked', {});
      }
    }
  }, 120_000);

  test('while it ends: it is told, and the run does not stay taken', async () => {
    const probe = await trained(temporaryFolder(), 1);
    const { calls } = await withFault(null, () => probe.finish('stopped', 'asked', {}));
    for (let at = 0; at < calls; at++) {
      const writer = await trained(temporaryFolder(), 1);
      const { error } = await withFault({ at, code: 'EIO', stays: false }, () => writer.finish('stopped', 'asked', {}));
      expect(error, `call ${at}`).toBeDefined();
      expect((await readRun(writer.path)).state).not.toBe('running');
      const { writer: again } = await reopenRun(writer.path);
      await again.finish('stopped', 'asked', {});
    }
  }, 60_000);

  test('while a run is made or taken over: it is told, and another try succeeds', async () => {
    const runs = temporaryFolder();
    const { calls } = await withFault(null, async () => (await createRun(newRun(runs))).finish('stopped', 'asked', {}));
    for (let at = 0; at < calls; at++) {
      let writer: RunWriter | undefined;
      const { error } = await withFault({ at, code: 'EIO', stays: false }, async () => {
        writer = await createRun(newRun(runs));
        await writer.finish('stopped', 'asked', {});
      });
      expect(error, `call ${at}`).toBeDefined();
    }
    for (const { state, problem } of await listRuns(runs)) expect(problem ?? state).not.toBe('running');
  }, 60_000);
});
