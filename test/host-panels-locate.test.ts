/** A panel whose images lie elsewhere now asks where, and then does again what failed for it. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Core } from '../src/host/core';
import { EvaluationPanel } from '../src/host/panels/evaluationPanel';
import { GalleryPanel } from '../src/host/panels/galleryPanel';
import type { RunSummary } from '../src/protocol';
import { RemoteError } from '../src/rpc';

type Handlers = Readonly<Record<string, (q: object) => unknown>>;
const window = vi.hoisted((): { handlers: Handlers; chosen: string | undefined; told: string[] } => ({ handlers: {}, chosen: undefined, told: [] }));
vi.mock('vscode', () => ({
  l10n: { t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)])) },
  ViewColumn: { Active: -1 },
  CancellationError: class extends Error {},
  ProgressLocation: { Notification: 15 },
  workspace: { asRelativePath: (place: string) => place },
  window: {
    createWebviewPanel: () => ({ webview: {}, title: '', reveal: () => undefined, onDidDispose: () => undefined }),
    withProgress: (_: unknown, work: (progress: object, token: object) => unknown) => work({}, { isCancellationRequested: false, onCancellationRequested: () => undefined }),
    showOpenDialog: () => Promise.resolve(window.chosen === undefined ? undefined : [{ fsPath: window.chosen }]),
    showErrorMessage: (message: string) => Promise.resolve(void window.told.push(message)),
  },
}));
vi.mock('../src/host/panels/webviewPage', () => ({ fillWebview: () => undefined, panelIcon: () => undefined, webviewOptions: () => ({}), webviewPort: () => ({}) }));
vi.mock('../src/rpc', async (original) => ({ ...(await original<object>()), serve: (_: unknown, handlers: Handlers) => ((window.handlers = handlers), () => undefined) }));

const lost = new RemoteError({ name: 'UserError', message: 'The images are no longer at /data/birds. Write their place into config.yaml.', place: { file: '/data/birds', missing: { run: '/runs/a', images: '/data/birds' } } });
const list = { indices: [0], size: 1, classes: [], labelled: false, grid: null, imageSize: [8, 8], model: '', order: 'listed' };
let place: string | undefined;
/** Until the engine has read the images. */
let pending: Promise<void>;
let core: Core;

beforeEach(() => {
  Object.assign(window, { chosen: undefined, told: [] });
  place = undefined;
  pending = Promise.resolve();
  const needed = <T>(answer: T) => () => (place === '/new/birds' ? Promise.resolve(answer) : Promise.reject(lost));
  const client = {
    findGallery: needed(list),
    weighRun: needed({ weighed: [{ weights: 'best', split: 'test', tta: 'none' }], problems: [] }),
    locateImages: ({ data }: { readonly data: string }) => (data === '/new/birds' ? pending.then(() => ((place = data), { runs: 1 })) : Promise.reject(new RemoteError({ name: 'UserError', message: 'The images are not those of the run.' }))),
    readEvaluation: () => Promise.resolve(null),
    readConfusion: () => Promise.resolve(null),
    splitSizes: () => Promise.resolve({ train: 1, val: 1, test: 1 }),
  };
  const none = () => ({ dispose: () => undefined });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  core = {
    context: { extensionUri: {} }, log, looker: { running: client, client: () => Promise.resolve(client) },
    checkpoints: { all: [], onDidChange: none }, runs: { all: [], find: () => ({ name: 'a' }), onDidChange: none, watch: () => undefined },
  } as unknown as Core;
});

/** Presses the panel's button, with a choice in the dialog that follows. */
function locate(chosen: string | undefined): void {
  window.chosen = chosen;
  window.handlers['locate']?.({});
}

test('a gallery', async () => {
  const gallery = new GalleryPanel(core, () => false);
  await gallery.show({ checkpoint: 'a.safetensors', images: { split: 'test' }, filter: {} });
  expect(gallery.state).toMatchObject({ list: null, error: 'The images that a was trained on are no longer at /data/birds.', missing: true });
  locate('/other/birds');
  await vi.waitFor(() => expect(window.told).toEqual(['The images are not those of the run.']));
  expect(gallery.state.missing).toBe(true);
  locate('/new/birds');
  await vi.waitFor(() => expect(gallery.state).toMatchObject({ list, error: null, missing: false }));
});

test('an evaluation; who gives up is left where they were', async () => {
  const panel = new EvaluationPanel(core, {} as GalleryPanel);
  await panel.show({ path: '/runs/a', name: 'a', state: 'finished' } as unknown as RunSummary);
  await window.handlers['weigh']?.({ split: 'test', tta: 'none' });
  expect(panel.state).toMatchObject({ weighed: [], error: 'The images that a was trained on are no longer at /data/birds.', missing: true });
  locate(undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(panel.state).toMatchObject({ weighed: [], missing: true });
  locate('/new/birds');
  await vi.waitFor(() => expect(panel.state).toMatchObject({ weighed: [{ weights: 'best' }], error: null, missing: false }));
  expect(window.told).toEqual([]);
});

test('who looks at another run meanwhile gets nothing that was not asked for', async () => {
  const panel = new EvaluationPanel(core, {} as GalleryPanel);
  await panel.show({ path: '/runs/a', name: 'a', state: 'finished' } as unknown as RunSummary);
  await window.handlers['weigh']?.({ split: 'test', tta: 'none' });
  let found = (): void => undefined;
  pending = new Promise((resolve) => (found = resolve));
  locate('/new/birds');
  await panel.show({ path: '/runs/b', name: 'b', state: 'finished' } as unknown as RunSummary);
  found();
  await vi.waitFor(() => expect(place).toBe('/new/birds'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(panel.state).toMatchObject({ run: 'b', weighed: [], busy: null, error: null });
});
