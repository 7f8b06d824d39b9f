/** Credentials of MLflow servers are in the key store alone, each for its own server; runs are sent to the server that the user names. */
import { beforeEach, expect, test, vi } from 'vitest';
import { forgetMlflowCredentials, sendToMlflow, setMlflowCredentials } from '../src/host/commands/tracking';
import { Refusal } from '../src/host/failures';
import type { Lab } from '../src/host/lab';
import { trackingAccess } from '../src/host/mlflow';
import type { TrackReport } from '../src/protocol';
import { RemoteError } from '../src/rpc';

interface Fake {
  settings: Readonly<Record<string, unknown>>;
  answers: unknown[];
  asked: string[];
  refused: string[];
}

const vscode = vi.hoisted((): Fake => ({ settings: {}, answers: [], asked: [], refused: [] }));

vi.mock('vscode', () => {
  const answer = (text: string): Promise<unknown> => {
    vscode.asked.push(text);
    return Promise.resolve(vscode.answers.shift());
  };
  interface Input {
    readonly title: string;
    readonly value?: string;
    readonly validateInput?: (text: string) => string | undefined;
  }
  return {
    env: { language: 'en' },
    ProgressLocation: { Notification: 15 },
    l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
    workspace: { isTrusted: true, getConfiguration: () => ({ get: (key: string, fallback: unknown) => vscode.settings[key] ?? fallback }) },
    window: {
      showInformationMessage: answer,
      showWarningMessage: answer,
      showErrorMessage: answer,
      showInputBox: async ({ title, value, validateInput }: Input) => {
        const given = (await answer(`${title}${value === undefined ? '' : ` [${value}]`}`)) as string | undefined;
        const wrong = given === undefined ? undefined : validateInput?.(given);
        if (wrong !== undefined) vscode.refused.push(wrong);
        return wrong === undefined ? given : undefined;
      },
      showQuickPick: async (items: readonly (string | { readonly label: string })[], { title }: { readonly title: string }) => {
        const wanted = await answer(title);
        return items.find((item) => (typeof item === 'string' ? item : item.label) === wanted);
      },
      withProgress: (_: unknown, work: (progress: object, token: object) => unknown) => work({ report: () => undefined }, { isCancellationRequested: false, onCancellationRequested: () => undefined }),
    },
  };
});

let kept: Map<string, string>;
let sent: unknown[];
let told: unknown[];
let outcome: () => Promise<readonly Partial<TrackReport>[]>;
let lab: Lab;

beforeEach(() => {
  Object.assign(vscode, { settings: {}, answers: [], asked: [], refused: [] });
  kept = new Map();
  sent = [];
  told = [];
  outcome = () => Promise.resolve([{ run: '/runs/a', metrics: 3, artifacts: [{ path: 'a', bytes: 1 }], notes: [], url: 'http://h/#/1' }]);
  const secrets = { get: (key: string) => Promise.resolve(kept.get(key)), store: (key: string, value: string) => Promise.resolve(void kept.set(key, value)), delete: (key: string) => Promise.resolve(void kept.delete(key)) };
  const trackRun = (q: unknown) => {
    sent.push(q);
    return outcome();
  };
  lab = {
    context: { secrets, globalState: { get: () => undefined, update: () => Promise.resolve() } },
    looker: { client: () => Promise.resolve({ trackRun, useTracking: (access: unknown) => Promise.resolve(void told.push(access)) }) },
    runs: { refresh: () => Promise.resolve(), all: [] },
    runsView: { selection: [] },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  } as unknown as Lab;
});

const run = { path: '/runs/a', state: 'finished', resumable: false };

test('a token is kept for its server and goes to no other; the engine is told the settings beside it', async () => {
  vscode.settings = { 'tracking.mlflowUri': 'https://ours.example.org/mlflow', 'tracking.mlflowExperiment': ' class ', 'tracking.always': true };
  vscode.answers = ['https://ours.example.org/mlflow', 'Token', ' t0ken '];
  await setMlflowCredentials(lab);
  vscode.answers = ['https://theirs.example.org', 'User and password', 'me', 'p'];
  await setMlflowCredentials(lab);
  expect(await trackingAccess(lab.context)).toEqual({
    uri: 'https://ours.example.org/mlflow',
    experiment: 'class',
    always: true,
    credentials: { 'https://ours.example.org': { token: 't0ken' }, 'https://theirs.example.org': { user: 'me', password: 'p' } },
  });
  vscode.answers = ['https://ours.example.org'];
  await forgetMlflowCredentials(lab);
  expect((await trackingAccess(lab.context)).credentials).toEqual({ 'https://theirs.example.org': { user: 'me', password: 'p' } });
  await forgetMlflowCredentials(lab);
  expect(kept.size).toBe(0);
  await forgetMlflowCredentials(lab);
  expect(vscode.asked.at(-1)).toBe('There are no credentials of an MLflow server.');
});

test('a server without encryption on another machine is asked about first; one on this machine is not', async () => {
  vscode.answers = ['http://lab.example.org:5000', undefined];
  await setMlflowCredentials(lab);
  expect(vscode.asked.at(-1)).toBe('http://lab.example.org:5000 is not encrypted.');
  expect(kept.size).toBe(0);
  vscode.answers = ['http://lab.example.org:5000', 'Use It All the Same', 'Token', 't'];
  await setMlflowCredentials(lab);
  vscode.answers = ['http://127.0.0.1:5000', 'Token', 't'];
  await setMlflowCredentials(lab);
  expect(Object.keys((await trackingAccess(lab.context)).credentials!)).toEqual(['http://lab.example.org:5000', 'http://127.0.0.1:5000']);
});

test.each(['', 'lab:5000', 'ftp://lab', 'https://me:secret@lab'])('"%s" is no address of a server', async (address) => {
  vscode.answers = [address];
  await setMlflowCredentials(lab);
  expect(kept.size).toBe(0);
  expect(vscode.refused).toEqual(['An address begins with http:// or https:// and holds no user and no password.']);
});

test('a run is sent where the user says; what the run or the settings know is proposed', async () => {
  vscode.answers = ['http://lab:5000/', 'mine'];
  await sendToMlflow(lab, { ...run, tracking: { uri: 'http://known:1', experiment: 'old', state: 'sent' } });
  expect(vscode.asked).toEqual(['Send to MLflow (1/2) [http://known:1]', 'Send to MLflow (2/2) [old]', 'Sent to http://lab:5000: 3 values of metrics, 1 files.']);
  expect(sent).toEqual([{ run: '/runs/a', uri: 'http://lab:5000', experiment: 'mine' }]);
  vscode.answers = [undefined];
  await sendToMlflow(lab, run);
  expect(sent).toHaveLength(1);
});

test('missing credentials are a question: with them it is tried again', async () => {
  outcome = () => Promise.reject(new RemoteError({ name: 'Refused', message: 'lab wants credentials (401).' }));
  vscode.answers = ['https://lab', 'mine'];
  const failure = await sendToMlflow(lab, run).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Refusal);
  const [set] = (failure as Refusal).actions;
  outcome = () => Promise.resolve([]);
  vscode.answers = ['Token', 't'];
  await set!.run();
  expect(sent).toHaveLength(2);
  // Before it is sent again.
  expect(told.at(-1)).toEqual({ credentials: { 'https://lab': { token: 't' } } });
  expect((await trackingAccess(lab.context)).credentials).toEqual({ 'https://lab': { token: 't' } });
});
