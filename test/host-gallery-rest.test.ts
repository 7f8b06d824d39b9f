/** A gallery that is closed asks the engine to let go of what it held for it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Core } from '../src/host/core';
import { GalleryPanel } from '../src/host/panels/galleryPanel';

const closing = vi.hoisted(() => ({ all: [] as (() => void)[] }));
vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  ViewColumn: { Active: -1 },
  window: { createWebviewPanel: () => ({ webview: {}, title: '', reveal: () => undefined, dispose: () => undefined, onDidDispose: (listener: () => void) => void closing.all.push(listener) }) },
}));
vi.mock('../src/host/panels/webviewPage', () => ({ fillWebview: () => undefined, panelIcon: () => undefined, webviewOptions: () => ({}), webviewPort: () => ({}) }));
vi.mock('../src/rpc', () => ({ serve: () => () => undefined }));
vi.mock('../src/host/failures', () => ({ inBackground: () => undefined, showFailure: () => undefined, Refusal: Error }));

const closeGallery = vi.fn(() => Promise.resolve());
const found = { indices: [], size: 0, classes: [], labelled: false, grid: null, imageSize: [8, 8], model: '', order: 'listed' };

function galleryBeside(lookedInto: string | null): GalleryPanel {
  const client = { closeGallery, findGallery: () => Promise.resolve(found) };
  const core = { context: { extensionUri: {} }, log: { warn: () => undefined }, checkpoints: { all: [], onDidChange: () => ({ dispose: () => undefined }) }, looker: { running: client, client: () => Promise.resolve(client) } };
  return new GalleryPanel(core as unknown as Core, (checkpoint) => checkpoint === lookedInto);
}

const wish = { checkpoint: 'a.safetensors', images: { split: 'test' }, filter: {} } as const;
const close = (): void => closing.all.splice(0).forEach((listener) => listener());

beforeEach(() => {
  vi.useFakeTimers();
  closeGallery.mockClear();
});
afterEach(() => void vi.useRealTimers());

test.each([
  ['its network where no inspector shows it', null, { network: 'a.safetensors' }],
  ['all but the network that an inspector shows', 'a.safetensors', { network: null }],
])('%s', async (_, lookedInto, asked) => {
  await galleryBeside(lookedInto).show(wish);
  close();
  expect(closeGallery).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5000);
  expect(closeGallery.mock.calls).toEqual([[asked]]);
});

test('who opens one again at once waits for nothing', async () => {
  const gallery = galleryBeside(null);
  await gallery.show(wish);
  close();
  await gallery.show(wish);
  vi.advanceTimersByTime(10_000);
  expect(closeGallery).not.toHaveBeenCalled();
});
