/** The inspectors of a window make ready what computes as soon as an image is opened, and not before somebody could look. */
import type { Uri } from 'vscode';
import { beforeEach, expect, test, vi } from 'vitest';
import type { InspectorState } from '../src/protocol';
import type { Core } from '../src/host/core';
import { InspectorPanels } from '../src/host/panels/inspectorPanels';

interface Served {
  compareWith(q: { readonly against: { readonly checkpoint: string; readonly file: null } }): Promise<void>;
  pin(q: { readonly pinned: boolean }): Promise<void>;
  state(q: object): InspectorState;
}
const made = vi.hoisted((): { readonly panels: number[]; readonly served: Served[]; readonly closing: (() => void)[]; image: string | null } => ({ panels: [], served: [], closing: [], image: null }));
vi.mock('../src/host/activeImage', () => ({ visibleImage: () => (made.image === null ? undefined : { scheme: 'file', fsPath: made.image, path: made.image }) }));
vi.mock('../src/host/panels/webviewPage', () => ({ fillWebview: () => undefined, panelIcon: () => undefined, webviewOptions: () => ({}), webviewPort: () => ({}) }));
vi.mock('../src/rpc', () => ({ serve: (_port: unknown, handlers: Served) => (made.served.push(handlers), () => undefined) }));
vi.mock('vscode', () => {
  class EventEmitter {
    event = (): { dispose(): void } => ({ dispose: () => undefined });
    fire(): void {}
    dispose(): void {}
  }
  return { EventEmitter, ViewColumn: { Beside: -2, Nine: 9 }, l10n: { t: (text: string) => text }, workspace: { onDidGrantWorkspaceTrust: () => ({ dispose: () => undefined }) }, window: {
    tabGroups: { activeTabGroup: { activeTab: {} } },
    createWebviewPanel: (_id: string, _title: string, { viewColumn }: { viewColumn: number }) => {
      made.panels.push(viewColumn);
      return { viewColumn, webview: {}, onDidChangeViewState: () => undefined, onDidDispose: (listener: () => void) => void made.closing.push(listener), reveal: () => undefined, dispose: () => undefined, title: '' };
    },
  }, Uri: {}, };
});

const uriOf = (file: string): Uri => ({ scheme: 'file', fsPath: file, path: file }) as Uri;
const about = vi.fn(() => Promise.resolve({}));
let opened: (() => void)[];
let engine: object | undefined;
let active: object | undefined;

function windowOf(): InspectorPanels {
  opened = [];
  const never = { onDidChange: () => ({ dispose: () => undefined }) };
  const core = {
    context: { workspaceState: { get: () => undefined, update: () => undefined } },
    log: { warn: () => undefined, error: () => undefined },
    runs: { ...never, watch: () => undefined },
    checkpoints: { ...never, all: [{ path: 'other.safetensors' }], refresh: () => new Promise(() => undefined), get active() { return active; } },
    looker: { get running() { return engine; } },
    activeImage: { onDidChange: (listener: () => void) => (opened.push(listener), { dispose: () => undefined }) },
  };
  return new InspectorPanels(core as unknown as Core);
}

const openImage = (): void => opened.forEach((listener) => listener());

beforeEach(() => {
  about.mockClear();
  made.panels.length = made.served.length = made.closing.length = 0;
  made.image = null;
  [engine, active] = [{ about }, { path: 'best.safetensors' }];
});

test('the first image that is opened loads the runtime of an engine, the others do not again', () => {
  windowOf();
  openImage();
  openImage();
  expect(about).toHaveBeenCalledTimes(1);
  // An engine that ended was followed by another process.
  engine = { about };
  openImage();
  expect(about).toHaveBeenCalledTimes(2);
});

test('without a network to look with, or an engine that runs, nothing is loaded', () => {
  windowOf();
  active = undefined;
  openImage();
  [active, engine] = [{ path: 'best.safetensors' }, undefined];
  openImage();
  expect(about).not.toHaveBeenCalled();
});

test('who asks for the image of the editor sees it, though the inspector is pinned to another one', async () => {
  const inspectors = windowOf();
  active = undefined;
  made.image = '/data/a.png';
  await inspectors.open();
  expect([inspectors.state.file, made.panels.length]).toEqual(['/data/a.png', 1]);
  await made.served[0]?.pin({ pinned: true });
  // The same image again is only shown.
  await inspectors.open();
  expect(made.panels.length).toBe(1);
  made.image = '/data/b.png';
  await inspectors.open();
  expect([made.served[0]?.state({}).file, inspectors.state.file, inspectors.state.pinned, made.panels.length]).toEqual(['/data/a.png', '/data/b.png', false, 2]);
  // The second one follows, and no third one is opened for the next image.
  made.image = '/data/c.png';
  await inspectors.open();
  expect([inspectors.state.file, made.panels.length]).toEqual(['/data/c.png', 2]);
});

test('nor is a pinned one taken for an image that is named, as by the button of the editor’s title or in the explorer', async () => {
  const inspectors = windowOf();
  active = undefined;
  made.image = '/data/a.png';
  await inspectors.open();
  await made.served[0]?.pin({ pinned: true });
  await inspectors.open(uriOf('/data/d.png'));
  expect([made.served[0]?.state({}).file, inspectors.state.file, inspectors.state.pinned, made.panels.length]).toEqual(['/data/a.png', '/data/d.png', false, 2]);
});

test('a pin ends with its panel: the next one follows the editor', async () => {
  const inspectors = windowOf();
  active = undefined;
  made.image = '/data/a.png';
  await inspectors.open();
  await made.served[0]?.pin({ pinned: true });
  made.closing[0]?.();
  made.image = '/data/b.png';
  await inspectors.open();
  expect([inspectors.state.file, inspectors.state.pinned, made.panels.length]).toEqual(['/data/b.png', false, 2]);
});

test('an inspector shows its network and the one beside it, while it is open', async () => {
  const inspectors = windowOf();
  const shown = (): boolean[] => ['best.safetensors', 'other.safetensors', 'third.safetensors'].map((network) => inspectors.shows(network));
  expect(shown()).toEqual([false, false, false]);
  made.image = '/data/a.png';
  await inspectors.open();
  expect(shown()).toEqual([true, false, false]);
  await made.served[0]?.compareWith({ against: { checkpoint: 'other.safetensors', file: null } });
  expect(shown()).toEqual([true, true, false]);
});
