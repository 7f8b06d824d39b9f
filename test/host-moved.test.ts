/** A run whose images or teacher lie elsewhere now: the message has a button that asks where, and goes on with the answer. */
import { beforeEach, expect, test, vi } from 'vitest';
import { rerun } from '../src/host/commands/rerun';
import { resumeTraining } from '../src/host/commands/training';
import { Refusal } from '../src/host/failures';
import { locateImages, missingImages, orOfferToLocate, wasFile } from '../src/host/locate';
import type { Lab } from '../src/host/lab';
import type { Difference, RunSummary } from '../src/protocol';
import { RemoteError } from '../src/rpc';

const vscode = vi.hoisted(() => ({ chosen: [] as (string | undefined)[], asked: [] as unknown[], told: [] as string[] }));

vi.mock('vscode', () => ({
  Uri: class {},
  ProgressLocation: { Notification: 15 },
  l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
  workspace: { isTrusted: true },
  window: {
    withProgress: (_: unknown, work: (progress: object, token: object) => unknown) => work({ report: () => undefined }, { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) }),
    showWarningMessage: (message: string, button: string) => Promise.resolve((vscode.told.push(message), button)),
    showInformationMessage: (message: string) => Promise.resolve(void vscode.told.push(message)),
    showOpenDialog: (options: unknown) => {
      vscode.asked.push(options);
      const fsPath = vscode.chosen.shift();
      return Promise.resolve(fsPath === undefined ? undefined : [{ fsPath }]);
    },
  },
}));

const run = { path: '/runs/a', name: 'a', state: 'stopped', resumable: true } as unknown as RunSummary;
let calls: [string, unknown][];
let lab: Lab;

/** What is missing as long as its new place is not named. */
const missing: readonly Difference[] = [
  { what: 'teacher', recorded: '/t/best.safetensors', now: 'missing', missing: true, place: 'teacher' },
  { what: 'dataset', recorded: '/data/birds', now: 'missing', missing: true, place: 'data' },
];

beforeEach(() => {
  Object.assign(vscode, { chosen: [], asked: [], told: [] });
  calls = [];
  const client = {
    compareWithRecord: (q: Record<string, unknown>) => Promise.resolve(missing.filter(({ place }) => q[place!] === undefined)),
    rerunTraining: (q: unknown) => Promise.resolve(void calls.push(['rerun', q])),
    resumeTraining: (q: Record<string, unknown>) => {
      if (q['data'] === undefined) return Promise.reject(new RemoteError({ name: 'UserError', message: 'The dataset of this run (dataset.path) is not at /data/birds.zip. …', place: { file: '/runs/a/config.yaml', missing: { run: '/runs/a', images: '/data/birds.zip' } } }));
      if (q['data'] === '/without/teacher.zip') return Promise.reject(new RemoteError({ name: 'UserError', message: 'The teacher has changed.', place: { file: '/t/best.safetensors' } }));
      if (q['data'] === '/other/birds.zip') return Promise.reject(new RemoteError({ name: 'UserError', message: 'The images in /other/birds.zip are not those that this run was started with.', place: { file: '/other/birds.zip' } }));
      return Promise.resolve(void calls.push(['resume', q]));
    },
  };
  lab = {
    trainer: { client: () => Promise.resolve(client) },
    looker: { client: () => Promise.resolve({ locateImages: (q: unknown) => Promise.resolve((calls.push(['locate', q]), { runs: 1 })) }) },
    runs: { live: undefined, all: [run], find: () => run, refresh: () => Promise.resolve() },
    runsView: { selection: [] },
    log: { info: () => undefined },
  } as unknown as Lab;
});

async function refusalOf(work: unknown): Promise<Refusal> {
  const error: unknown = await Promise.resolve(work).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Refusal);
  return error as Refusal;
}

test('Run Again asks for one after the other, and trains with all of them', async () => {
  vscode.chosen = ['/new/best.safetensors', '/new/birds'];
  const first = await refusalOf(rerun(lab, run));
  expect(first.message).toContain('/t/best.safetensors');
  expect(first.actions.map(({ label }) => label)).toEqual(['Locate the Teacher…']);
  const second = await refusalOf(first.actions[0]!.run());
  expect(second.actions.map(({ label }) => label)).toEqual(['Locate the Images…']);
  await second.actions[0]!.run();
  // A file where a file was, a folder where a folder was.
  expect(vscode.asked).toMatchObject([{ canSelectFiles: true, canSelectFolders: false }, { canSelectFiles: false, canSelectFolders: true }]);
  expect(calls).toEqual([['rerun', { run: '/runs/a', teacher: '/new/best.safetensors', data: '/new/birds' }]]);
});

test('Resume asks for the images; who chooses nothing starts nothing', async () => {
  const refusal = await refusalOf(resumeTraining(lab, run));
  await refusal.actions[0]!.run();
  expect(calls).toEqual([]);
  vscode.chosen = ['/new/birds.zip'];
  await refusal.actions[0]!.run();
  expect(vscode.asked).toMatchObject([{ canSelectFiles: true }, { canSelectFiles: true }]);
  expect(calls).toEqual([['resume', { run: '/runs/a', data: '/new/birds.zip' }]]);
});

const lost = new RemoteError({ name: 'UserError', message: 'The images are no longer at /data/birds. …', place: { file: '/data/birds', missing: { run: '/runs/a', images: '/data/birds' } } });

test('what a panel did not find is asked for, kept by the engine, and only then done again', async () => {
  expect(missingImages(new RemoteError({ name: 'UserError', message: 'damaged', place: { file: '/runs/a/run.json' } }))).toBeNull();
  const images = missingImages(lost)!;
  expect(await locateImages(lab, images)).toBe(false);
  expect(calls).toEqual([]);
  vscode.chosen = ['/new/birds'];
  expect(await locateImages(lab, images)).toBe(true);
  expect(calls).toEqual([['locate', { run: '/runs/a', data: '/new/birds' }]]);
});

test('a file is asked for where a file was, whatever else the sentence names', () => {
  const at = (images: string): boolean => wasFile({ run: '/runs/a.zip-test/a', images });
  expect(['/data/birds.zip', 'C:\\data\\train-images-idx3-ubyte', '/data/t10k-images-idx3-ubyte.gz', '/data/data_batch_1.bin'].map(at)).toEqual([true, true, true, true]);
  expect(['/data/birds', '/data/a.zip-test/birds', '/data/cifar-10-batches'].map(at)).toEqual([false, false, false]);
});

test('Resume with a place where others lie can be given another place', async () => {
  const refusal = await refusalOf(resumeTraining(lab, run));
  vscode.chosen = ['/other/birds.zip', '/new/birds.zip'];
  const second = await refusalOf(refusal.actions[0]!.run());
  expect(second.message).toContain('are not those');
  await second.actions[0]!.run();
  expect(calls).toEqual([['resume', { run: '/runs/a', data: '/new/birds.zip' }]]);
  // What is wrong with something else is not the place of the images.
  vscode.chosen = ['/without/teacher.zip'];
  await expect(Promise.resolve(refusal.actions[0]!.run())).rejects.toBeInstanceOf(RemoteError);
});

test('where there is no room for a button a notification has it, and the error stays one', async () => {
  vscode.chosen = ['/new/birds'];
  await expect(orOfferToLocate(lab, Promise.reject(lost))).rejects.toBe(lost);
  await vi.waitFor(() => expect(vscode.told).toEqual(['The images that a was trained on are no longer at /data/birds.', expect.stringContaining('Ask once more')]));
  expect(calls).toEqual([['locate', { run: '/runs/a', data: '/new/birds' }]]);
});
