/** B beside A in the inspector: nothing is asked, and no difference of nothing is drawn, where both are the same. */
import { expect, test, vi } from 'vitest';
import type { Core } from '../src/host/core';
import { BesideLook } from '../src/host/panels/besideLook';

vi.mock('vscode', () => ({ l10n: { t: (text: string) => text } }));

const viewImage = vi.fn(({ checkpoint, file }: { checkpoint: string; file: string }) => Promise.resolve({ file, checkpoint: { path: checkpoint } }));
const core = { looker: { client: () => Promise.resolve({ viewImage }) }, log: { error: () => undefined } } as unknown as Core;

test('B that is A for the moment says so, and comes back with the next checkpoint of A', async () => {
  const changed = vi.fn();
  const beside = new BesideLook(core, { checkpoint: 'first', file: null }, changed);
  const look = (path: string) => beside.look({ path, file: 'cat.png', times: 1 }, () => undefined);

  await look('first');
  expect([beside.state?.view, beside.state?.error]).toEqual([null, expect.stringMatching(/^The same checkpoint and image as A/)]);
  await look('first');
  expect([changed.mock.calls.length, viewImage.mock.calls.length]).toEqual([1, 0]);

  await look('second');
  expect(beside.state).toMatchObject({ checkpoint: 'first', error: null, view: { file: 'cat.png', checkpoint: { path: 'first' } } });
  await look('first');
  expect([beside.state?.view, beside.against]).toEqual([null, { checkpoint: 'first', file: null }]);
});

test('another image in the same network is another B', async () => {
  const beside = new BesideLook(core, { checkpoint: null, file: 'dog.png' }, () => undefined);
  await beside.look({ path: 'first', file: 'cat.png', times: 1 }, () => undefined);
  expect(beside.state).toMatchObject({ error: null, view: { file: 'dog.png' } });
});
