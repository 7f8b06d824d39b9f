/** What a lower precision changes is shown before its first use with a checkpoint, and not again. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Lab } from '../src/host/lab';
import { agreedPrecision } from '../src/host/precision';
import type { CheckpointInfo, PrecisionChange } from '../src/protocol';

const vscode = vi.hoisted(() => ({ precision: 'int8', answers: [] as (string | undefined)[], asked: [] as string[], commands: [] as unknown[][] }));

vi.mock('vscode', () => {
  const ask = (text: string, { detail }: { detail: string }): Promise<string | undefined> => {
    vscode.asked.push(`${text}\n${detail}`);
    return Promise.resolve(vscode.answers.shift());
  };
  return {
    env: { language: 'en' },
    ProgressLocation: { Notification: 15 },
    l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
    workspace: { getConfiguration: () => ({ get: (key: string, fallback: unknown) => (key === 'classify.precision' ? vscode.precision : fallback) }) },
    commands: { executeCommand: (...args: unknown[]) => vscode.commands.push(args) },
    window: {
      showInformationMessage: ask,
      showWarningMessage: ask,
      withProgress: (_: unknown, work: (progress: object, token: object) => unknown) => work({ report: () => undefined }, { isCancellationRequested: false, onCancellationRequested: () => undefined }),
    },
  };
});

const change: PrecisionChange = { images: 180, top1: { fp32: 0.99, lower: 0.98 }, agreement: 0.985, probability: 0.002 };
const checkpoint = (modified = '2026-01-01T00:00:00Z'): CheckpointInfo => ({ path: '/runs/a/checkpoints/epoch-0003.safetensors', modified }) as CheckpointInfo;

let measured: unknown[];
let lab: Lab;
let measurement: () => Promise<PrecisionChange>;

beforeEach(() => {
  Object.assign(vscode, { precision: 'int8', answers: [], asked: [], commands: [] });
  measured = [];
  measurement = () => Promise.resolve(change);
  const kept = new Map<string, unknown>();
  const workspaceState = { get: (key: string, fallback: unknown) => kept.get(key) ?? fallback, update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)) };
  const client = { measurePrecision: (q: unknown) => (measured.push(q), measurement()) };
  lab = { context: { workspaceState }, looker: { client: () => Promise.resolve(client) } } as unknown as Lab;
});

test('float32 asks nothing and measures nothing', async () => {
  vscode.precision = 'fp32';
  expect(await agreedPrecision(lab, checkpoint())).toEqual({ precision: 'fp32', change: null });
  expect([measured, vscode.asked]).toEqual([[], []]);
});

test('the measured change is shown before the first use of a checkpoint, once, and again for other weights', async () => {
  vscode.answers = ['Classify in int8', 'Classify in int8'];
  expect(await agreedPrecision(lab, checkpoint())).toEqual({ precision: 'int8', change });
  expect(vscode.asked).toEqual(['Classify in int8?\nMeasured on 180 validation images of the run:\ntop-1 98%, in float32 99%\nthe same class for 98.5%\nprobabilities differ by 0.2 % on average']);
  expect(measured).toEqual([{ checkpoint: checkpoint().path, precision: 'int8' }]);
  expect(await agreedPrecision(lab, checkpoint())).toEqual({ precision: 'int8', change });
  expect(measured).toHaveLength(1);
  await agreedPrecision(lab, checkpoint('2026-01-02T00:00:00Z'));
  expect([measured.length, vscode.asked.length]).toEqual([2, 2]);
});

test('who would rather have float32 gets it, and is asked again; who closes the question gets nothing', async () => {
  vscode.answers = ['Classify in float32', undefined];
  expect(await agreedPrecision(lab, checkpoint())).toEqual({ precision: 'fp32', change: null });
  expect(await agreedPrecision(lab, checkpoint())).toBeUndefined();
  expect(vscode.asked).toHaveLength(2);
});

test('what cannot be measured is not used: the reason, float32 or the settings', async () => {
  measurement = () => Promise.reject(new Error('The images are no longer there.'));
  vscode.answers = ['Classify in float32', 'Open Settings'];
  expect(await agreedPrecision(lab, checkpoint())).toEqual({ precision: 'fp32', change: null });
  expect(vscode.asked).toEqual(['What int8 changes for this checkpoint cannot be measured.\nThe images are no longer there.']);
  expect(await agreedPrecision(lab, checkpoint())).toBeUndefined();
  expect(vscode.commands).toEqual([['workbench.action.openSettings', 'vitLab.classify.precision']]);
});

test('a measurement that is cancelled ends the classification without a word', async () => {
  measurement = () => Promise.reject(Object.assign(new Error('Cancelled'), { name: 'AbortError' }));
  expect(await agreedPrecision(lab, checkpoint())).toBeUndefined();
  expect(vscode.asked).toEqual([]);
});
