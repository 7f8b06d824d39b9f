/** Build Native TensorFlow asks before it builds and before it changes a setting. */
import { beforeEach, expect, test, vi } from 'vitest';
import { buildTensorFlow } from '../src/host/commands/buildTensorFlow';
import type { Lab } from '../src/host/lab';

const window = vi.hoisted(() => ({ showInformationMessage: vi.fn(), withProgress: vi.fn(), trusted: true, update: vi.fn() }));
vi.mock('vscode', () => ({
  l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
  ProgressLocation: { Notification: 15 },
  ConfigurationTarget: { Global: 1 },
  window,
  workspace: {
    get isTrusted() {
      return window.trusted;
    },
    getConfiguration: () => ({ update: window.update }),
  },
}));

const build = vi.fn();
const log = vi.fn();
const lab = { log: { info: log }, looker: { client: () => Promise.resolve({ buildTensorFlow: build }) } } as unknown as Lab;

beforeEach(() => {
  vi.resetAllMocks();
  window.trusted = true;
  const token = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) };
  window.withProgress.mockImplementation((_: unknown, work: (progress: unknown, token: unknown) => unknown) => work({ report: () => undefined }, token));
  build.mockImplementation((_: unknown, { onProgress }: { onProgress: (line: string) => void }) => {
    onProgress('Compiling the binding');
    return Promise.resolve({ folder: '/cache/tensorflow', version: '2.21.0' });
  });
});

test('builds when asked to, and sets the folder when asked to', async () => {
  window.showInformationMessage.mockResolvedValueOnce('Build').mockResolvedValueOnce('Use It');
  await buildTensorFlow(lab);
  await vi.waitFor(() => expect(window.update.mock.calls).toEqual([['engine.tensorFlowFolder', '/cache/tensorflow', 1]]));
  expect(log).toHaveBeenCalledWith('[looker] Compiling the binding');
});

test('builds nothing when it is turned down, and sets nothing when only that is', async () => {
  window.showInformationMessage.mockResolvedValueOnce(undefined);
  await buildTensorFlow(lab);
  expect(build).not.toHaveBeenCalled();
  window.showInformationMessage.mockResolvedValueOnce('Build').mockResolvedValueOnce(undefined);
  await buildTensorFlow(lab);
  expect(build).toHaveBeenCalledTimes(1);
  expect(window.update).not.toHaveBeenCalled();
});

test('says what the builder says when a tool is missing, and refuses in Restricted Mode', async () => {
  window.showInformationMessage.mockResolvedValue('Build');
  build.mockRejectedValue(new Error('There is no Python 3'));
  await expect(buildTensorFlow(lab)).rejects.toThrow('There is no Python 3');
  window.trusted = false;
  await expect(buildTensorFlow(lab)).rejects.toThrow(/not trusted/);
  expect(build).toHaveBeenCalledTimes(1);
});
