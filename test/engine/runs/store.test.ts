import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { askDisk } from '../../../src/engine/runs/stamps';
import { changeNotes, createRun, listRuns, readRun, type RunWriter } from '../../../src/engine/runStore';
import { compareRuns } from '../../../src/engine/runs/compare';
import { filterRuns, filterWords } from '../../../src/engine/runs/store';
import { recipesOf } from '../../../src/engine/runs/configs';
import { parseFilter } from '../../../src/engine/runs/filter';
import { emptyTrash, listTrash, restoreRuns, trashRuns } from '../../../src/engine/runs/trash';
import { config, newRun, pointAt, temporaryFolder } from '../runFixture';
import type { RunsPart, RunSummary } from '../../../src/protocol';

beforeEach(() => vi.stubEnv('VITLAB_CACHE', temporaryFolder()));
afterEach(() => vi.unstubAllEnvs());

async function made(runs: string, changes: Parameters<typeof newRun>[1] = {}, metrics: Record<string, number> = {}): Promise<string> {
  const writer = await createRun(newRun(runs, changes));
  await writer.finish('finished', 'completed', metrics);
  return writer.path;
}

describe('notes', () => {
  test('are changed one by one and stay beside a running training', async () => {
    const writer: RunWriter = await createRun(newRun(temporaryFolder()));
    await changeNotes([writer.path], { starred: true, addTags: ['b', 'a', 'a'], note: 'line 1\nline 2' });
    await writer.event({ step: 1, epoch: 1, time: 1, values: { 'val/top1': 0.5 } });
    await writer.savePoint(pointAt(1, true));
    await writer.finish('finished', 'completed', {});
    await changeNotes([writer.path], { removeTags: ['b'], archived: true });
    expect((await readRun(writer.path)).notes).toEqual({ starred: true, archived: true, tags: ['a'], note: 'line 1\nline 2' });
  });

  test('changes at once are all kept', async () => {
    const run = await made(temporaryFolder());
    await Promise.all(Array.from({ length: 20 }, (_, i) => changeNotes([run], { addTags: [`t${i}`] })));
    expect((await readRun(run)).notes?.tags).toHaveLength(20);
  });

  test('what a later version keeps there stays', async () => {
    const run = await made(temporaryFolder());
    writeFileSync(path.join(run, 'notes.json'), '{"format": 1, "colour": "red"}');
    await changeNotes([run], { starred: true });
    expect(JSON.parse(readFileSync(path.join(run, 'notes.json'), 'utf8'))).toMatchObject({ colour: 'red', starred: true });
  });

  test('damaged ones are told, do not hide the run, and are not written over', async () => {
    const runs = temporaryFolder();
    const run = await made(runs);
    for (const text of ['{"format": 1, "tags": 7}', '{"for', '{"format": 9}']) {
      writeFileSync(path.join(run, 'notes.json'), text);
      const [summary] = await listRuns(runs);
      expect(summary).toMatchObject({ state: 'finished', notesProblem: expect.stringContaining('notes.json') as string });
      expect(summary?.problem).toBeUndefined();
      await expect(changeNotes([run], { starred: true })).rejects.toThrow('notes.json');
      expect(readFileSync(path.join(run, 'notes.json'), 'utf8')).toBe(text);
    }
  });

  test('a tag is one word', async () => {
    const run = await made(temporaryFolder());
    for (const tag of ['two words', '', 'a\u0007', 'x'.repeat(65), 'a"b']) await expect(changeNotes([run], { addTags: [tag] })).rejects.toThrow('is no tag');
    await changeNotes([run], { addTags: ['<b>&ñ', '✓'] });
    await expect(changeNotes([path.join(run, 'none')], { starred: true })).rejects.toThrow('There is no run at');
  });
});

describe('filters', () => {
  const run = (changes: Partial<RunSummary>): RunSummary => ({
    path: '/runs/abc', name: 'ViT cifar10', state: 'finished', created: '2026-07-15T10:00:00.000Z', epoch: 10, epochs: 10, step: 100, steps: 100,
    latest: { 'val/top1': 0.75, 'val/loss': NaN }, dataset: 'cifar10', resumable: false, seed: 3, params: 1000, seconds: 60, ...changes,
  });
  const holds = (filter: string, changes: Partial<RunSummary> = {}): boolean => {
    const { bySummary, problems } = parseFilter(filter);
    expect(problems).toEqual([]);
    return bySummary(run(changes));
  };
  const notes = { starred: true, archived: false, tags: ['cct', 'Paper'], note: 'best so far' };

  test.each([
    ['', true], ['state:finished', true], ['state:failed,finished', true], ['state:failed', false], ['-state:failed', true],
    ['is:starred', true], ['-is:starred', false], ['is:archived', false], ['tag:cct', true], ['tag:CCT', true], ['tag:cc', false], ['tag:', true], ['-tag:other', true],
    ['dataset:cifar', true], ['vit', true], ['ViT CIFAR', true], ['nothing', false], ['-nothing', true], ['"vit cifar10"', true], ['name:"vit cifar"', true], ['paper', true], ['"so far"', true],
    ['val/top1>0.7', true], ['val/top1>=0.75', true], ['val/top1>75%', false], ['val/top1>=75%', true], ['-val/top1>0.7', false], ['val/top5>0', false], ['-val/top5>0', false],
    ['val/loss>0', false], ['val/loss<=0', false], ['epoch=10', true], ['seed!=3', false], ['params<2000', true], ['seconds<60', false],
    ['created>2026-07-01', true], ['created<2026-07-01', false], ['state:finished tag:cct val/top1>0.7 vit', true], ['state:finished tag:cct val/top1>0.8 vit', false],
  ])('%s: %s', (filter, expected) => expect(holds(filter, { notes })).toBe(expected));

  test.each(['state:done', 'colour:red', 'val/top1>', 'val/top1>much', 'created>yesterday', 'model.depth>many'])('%s is told as a problem', (filter) =>
    expect(parseFilter(filter).problems).toHaveLength(1));

  test('no text makes it throw', () => {
    for (const text of ['"', '-', '--', '":', 'a:"b', '>=5', ':x', '__proto__:x', 'constructor:x', 'toString>1', '__proto__>1', 'a'.repeat(100_000)]) parseFilter(text).bySummary(run({}));
  });

  test('configurations are asked where a key is', async () => {
    const runs = temporaryFolder();
    const deep = await made(runs, { config: { ...config, model: { ...config.model, depth: 6 } } });
    const flat = await made(runs);
    const all = [deep, flat];
    expect((await filterRuns(all, 'model.depth>=6')).runs).toEqual([deep]);
    expect((await filterRuns(all, '-model.depth>=6')).runs).toEqual([flat]);
    expect((await filterRuns(all, 'model.depth:1')).runs).toEqual([flat]);
    expect((await filterRuns(all, 'dataset.format=shapes')).runs).toEqual(all);
    expect((await filterRuns(all, 'dataset.format!=shapes')).runs).toEqual([]);
    expect((await filterRuns(all, 'model.nothing=1')).runs).toEqual([]);
    expect((await filterRuns(all, 'state:odd')).problems).toHaveLength(1);
    writeFileSync(path.join(deep, 'config.yaml'), 'a: [');
    expect((await filterRuns(all, 'model.depth>=6')).runs).toEqual([]);
    const words = await filterWords(all);
    expect(words.keys.find(({ name }) => name === 'model.depth')?.values).toEqual(['1']);
    expect(words.fields.find(({ name }) => name === 'dataset')?.values).toEqual(['shapes']);
  });

  test('runs of one recipe differ in their seed alone', async () => {
    const runs = temporaryFolder();
    const all = [
      await made(runs, { config: { ...config, seed: 1 } }), await made(runs, { config: { ...config, seed: 2, name: 'other name' } }),
      await made(runs, { config: { ...config, train: { ...config.train, epochs: 3 } } }), await made(runs, { dataset: { ...newRun(runs).dataset, fingerprint: 'other' } }),
    ];
    const [a, b, c, d] = await recipesOf(all);
    expect(a).toBe(b);
    expect(new Set([a, c, d]).size).toBe(3);
    expect(await recipesOf([path.join(runs, 'none')])).toEqual([null]);
  });
});

describe('the trash', () => {
  test('takes runs and gives them back', async () => {
    const runs = temporaryFolder();
    const [a, b] = [await made(runs), await made(runs)];
    const [trashed] = await trashRuns([a]);
    expect((await listRuns(runs)).map(({ path: run }) => run)).toEqual([b]);
    expect(await listTrash(runs)).toMatchObject([{ path: trashed, name: 'vit-p4-d8-l1 shapes', deleted: expect.stringMatching(/^20/) as string }]);
    expect(await restoreRuns([trashed!])).toEqual([a]);
    expect(await listRuns(runs)).toHaveLength(2);
    expect(readdirSync(a)).not.toContain('deleted.json');
    await trashRuns([a, b]);
    await emptyTrash(runs);
    expect(await listTrash(runs)).toEqual([]);
  });

  test('takes a sweep as it takes runs, and names it', async () => {
    const runs = temporaryFolder();
    const sweep = path.join(runs, 'hunger_sweep');
    mkdirSync(sweep);
    writeFileSync(path.join(sweep, 'sweep.json'), '{"format": 1, "name": "hunger"}');
    const [a] = [await made(runs)];
    const trashed = await trashRuns([sweep, a]);
    expect((await listTrash(runs)).map(({ name }) => name).sort()).toEqual(['hunger', 'vit-p4-d8-l1 shapes']);
    expect(await restoreRuns(trashed)).toEqual([sweep, a]);
    expect(readdirSync(sweep)).toEqual(['sweep.json']);
    const [again] = await trashRuns([sweep]);
    writeFileSync(path.join(again!, 'sweep.json'), 'torn {');
    expect((await listTrash(runs)).map(({ name }) => name)).toEqual(['hunger_sweep']);
  });

  test('a name that is taken meanwhile is not written over', async () => {
    const runs = temporaryFolder();
    const run = await made(runs);
    const [trashed] = await trashRuns([run]);
    mkdirSync(run);
    expect(await restoreRuns([trashed!])).toEqual([`${run}-2`]);
  });

  test('refuses what trains, what is no run, and what is no trash', async () => {
    const runs = temporaryFolder();
    const writer = await createRun(newRun(runs));
    await expect(trashRuns([writer.path])).rejects.toThrow('is training');
    expect(existsSync(writer.path)).toBe(true);
    mkdirSync(path.join(runs, 'photos'));
    await expect(trashRuns([path.join(runs, 'photos')])).rejects.toThrow('is no run');
    await expect(restoreRuns([path.join(runs, 'photos')])).rejects.toThrow('There is no deleted run');
    await writer.finish('finished', 'completed', {});
  });
});

describe('lists of many', () => {
  async function many(count: number): Promise<{ readonly runs: string; readonly first: string }> {
    const runs = temporaryFolder();
    const first = await made(runs, {}, { 'val/top1': 0.5, 'val/loss': NaN });
    for (let i = 1; i < count; i++) cpSync(first, path.join(runs, `copy-${String(i).padStart(3, '0')}`), { recursive: true });
    return { runs, first };
  }
  /** As a process that has just started. */
  const anew = async (runs: string): Promise<readonly RunSummary[]> => {
    vi.resetModules();
    const store = await import('../../../src/engine/runStore');
    const listed = await store.listRuns(runs);
    await store.indexWritten();
    return listed;
  };
  const indexFile = (): string => {
    const folder = path.join(process.env['VITLAB_CACHE']!, 'runs');
    return path.join(folder, readdirSync(folder)[0]!);
  };

  test('are the same out of the index, and what changed is read anew', async () => {
    const { runs } = await many(80);
    const before = await anew(runs);
    expect(before).toHaveLength(80);
    const written = statSync(indexFile()).mtimeMs;
    expect(await anew(runs)).toEqual(before);
    expect(statSync(indexFile()).mtimeMs).toBe(written);
    const changed = path.join(runs, 'copy-005');
    const record = path.join(changed, 'run.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace('"name": "vit-p4-d8-l1 shapes"', '"name": "renamed"'));
    utimesSync(record, new Date(), new Date(Date.now() + 5000));
    await changeNotes([path.join(runs, 'copy-006')], { starred: true });
    const after = await anew(runs);
    expect(after.find(({ path: run }) => run === changed)?.name).toBe('renamed');
    expect(after.find(({ path: run }) => run.endsWith('copy-006'))?.notes?.starred).toBe(true);
  });

  test('a damaged, foreign or older index is passed over', async () => {
    const { runs } = await many(70);
    const before = await anew(runs);
    const file = indexFile();
    const good = readFileSync(file, 'utf8');
    for (const text of ['', '{', 'null', '[]', '{"runs": 7}', good.replace(/"version":"[^"]*"/, '"version":"0"'), good.replaceAll('"told":{', '"told":[{'), good.replace(/"store":"[^"]*"/, '"store":"/elsewhere"'), good.replaceAll('"name":"vit', '"name":7,"x":"vit')]) {
      writeFileSync(file, text);
      expect(await anew(runs)).toEqual(before);
    }
    vi.stubEnv('VITLAB_CACHE', '');
    expect(await anew(runs)).toEqual(before);
  });

  test('come in parts, too, the newest first, and are the same in the end', async () => {
    const { runs, first } = await many(2);
    for (let i = 0; i < 1100; i++) {
      const run = path.join(runs, `shapes_20260101-${String(100_000 + i)}_00ff`);
      mkdirSync(run);
      cpSync(path.join(first, 'run.json'), path.join(run, 'run.json'));
    }
    mkdirSync(path.join(runs, 'photos'));
    writeFileSync(path.join(runs, 'shapes_20260101-100007_00ff', 'run.json'), '{"for');
    await changeNotes([path.join(runs, 'shapes_20260101-100008_00ff')], { starred: true });
    const parts: RunsPart[] = [];
    const all = await listRuns(runs, (part) => parts.push(part));
    expect(parts.map(({ done, of }) => [done, of])).toEqual([[1024, 1103], [1103, 1103]]);
    expect(parts[0]!.runs.some(({ path: run }) => run.endsWith('shapes_20260101-101099_00ff'))).toBe(true);
    expect(parts[0]!.runs.some(({ path: run }) => run.endsWith('shapes_20260101-100000_00ff'))).toBe(false);
    expect(new Set(parts.flatMap((part) => part.runs))).toEqual(new Set(all));
    expect(all).toHaveLength(1102);
    expect(all.filter(({ problem }) => problem !== undefined).map(({ path: run }) => path.basename(run))).toEqual(['shapes_20260101-100007_00ff']);
    expect(all.filter(({ notes }) => notes?.starred).map(({ path: run }) => path.basename(run))).toEqual(['shapes_20260101-100008_00ff']);
  });

  test('a disk that answers slowly is asked through the pool, for the same answers', async () => {
    const [now, later]: [number[], number[]] = [[], []];
    const things = Array.from({ length: 300 }, (_, i) => i);
    const answers = await askDisk(
      things,
      (thing) => {
        // Two batches that take longer than a disk that is near.
        if (thing % 64 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
        now.push(thing);
        return thing;
      },
      (thing) => Promise.resolve((later.push(thing), thing)),
    );
    expect(answers).toEqual(things);
    expect([now.length, later.length]).toEqual([128, 172]);
  });
});

test('hostile folders are told as damaged and hide no other', async () => {
  const runs = temporaryFolder();
  const good = await made(runs, {}, { 'val/top1': 0.5 });
  const bad = async (change: (run: string) => void): Promise<string> => {
    const run = await made(runs);
    change(run);
    return run;
  };
  const record = (run: string, change: (record: Record<string, unknown>) => void): void => {
    const file = path.join(run, 'run.json');
    const value = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    change(value);
    writeFileSync(file, JSON.stringify(value));
  };
  const damaged = [
    await bad((run) => writeFileSync(path.join(run, 'run.json'), '{"format": 1, "na')),
    await bad((run) => writeFileSync(path.join(run, 'run.json'), Buffer.from([0xff, 0, 1, 2]))),
    await bad((run) => record(run, (value) => (value['format'] = 2))),
    await bad((run) => record(run, (value) => (value['latest'] = { 'val/top1': 'high' }))),
    await bad((run) => writeFileSync(path.join(run, 'checkpoints', 'index.json'), '{"format": 1, "best": null, "last": null, "points": [{"name": "../../x"}]}')),
  ];
  const markup = await bad((run) => record(run, (value) => (value['name'] = '<img src=x onerror=alert(1)> ![x](y)\n$(trash)')));
  const torn = await bad((run) => appendFileSync(path.join(run, 'metrics.jsonl'), '{"step": 1, "epoch": 1, "time": 1, "values": {"a": 1}}\n{"step": 2, "ep'));
  const huge = await bad((run) => writeFileSync(path.join(run, 'metrics.jsonl'), `{"step":1,"epoch":1,"time":1,"values":{"val/top1":0.1}}\n`.repeat(200_000)));
  mkdirSync(path.join(runs, 'photos'));
  writeFileSync(path.join(runs, 'readme.txt'), 'x');
  const all = await listRuns(runs);
  expect(all).toHaveLength(9);
  expect(all.filter(({ problem }) => problem !== undefined).map(({ path: run }) => run).sort()).toEqual([...damaged].sort());
  for (const run of [good, markup, torn, huge]) expect(all.find(({ path: one }) => one === run)?.problem).toBeUndefined();
  expect((await filterRuns(all.map(({ path: run }) => run), 'is:damaged')).runs).toHaveLength(5);
  // Set side by side, each damaged one says so, and the others have their curves; half a line costs that line.
  const { runs: compared } = await compareRuns(all.map(({ path: run }) => run));
  expect(compared.filter(({ problem }) => problem !== undefined).map(({ path: run }) => run).sort()).toEqual([...damaged].sort());
  expect(compared.find(({ path: run }) => run === torn)!.curves['a']?.values).toEqual([1]);
  expect(compared.find(({ path: run }) => run === huge)!.curves['val/top1']).toBeDefined();
  expect(compared.find(({ path: run }) => run === good)!.final['val/top1']).toBe(0.5);
});
