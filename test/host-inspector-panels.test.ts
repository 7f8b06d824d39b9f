/** The inspectors of a window make ready what computes as soon as an image is opened, and not before somebody could look. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Core } from '../src/host/core';
import { InspectorPanels } from '../src/host/panels/inspectorPanels';

vi.mock('vscode', () => {
  class EventEmitter {
    event = (): { dispose(): void } => ({ dispose: () => undefined });
    fire(): void {}
    dispose(): void {}
  }
  return { EventEmitter, ViewColumn: { Nine: 9 }, l10n: { t: (text: string) => text }, workspace: { onDidGrantWorkspaceTrust: () => ({ dispose: () => undefined }) }, window: {}, Uri: {} };
});

const about = vi.fn(() => Promise.resolve({}));
let opened: (() => void)[];
let engine: object | undefined;
let active: object | undefined;

function windowOf(): InspectorPanels {
  opened = [];
  const never = { onDidChange: () => ({ dispose: () => undefined }) };
  const core = {
    context: { workspaceState: { get: () => undefined } },
    log: { warn: () => undefined },
    runs: never,
    checkpoints: { ...never, all: [], get active() { return active; } },
    looker: { get running() { return engine; } },
    activeImage: { onDidChange: (listener: () => void) => (opened.push(listener), { dispose: () => undefined }) },
  };
  return new InspectorPanels(core as unknown as Core);
}

const openImage = (): void => opened.forEach((listener) => listener());

beforeEach(() => {
  about.mockClear();
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
