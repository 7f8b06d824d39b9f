import { expect, test, vi } from 'vitest';
import { createRun, readRun } from '../../../src/engine/runStore';
import { newRun, temporaryFolder } from '../runFixture';

/** What happens between the reading of a run's record and the look for its owner. */
let between: () => Promise<void> = () => Promise.resolve();

vi.mock('../../../src/engine/runs/owner', async (original) => {
  const owner = await original<typeof import('../../../src/engine/runs/owner')>();
  return {
    ...owner,
    isOwned: async (run: string): Promise<boolean> => {
      await between();
      return owner.isOwned(run);
    },
  };
});

test('a run that ends while it is read has ended as its record says, and is not taken for interrupted', async () => {
  const writer = await createRun(newRun(temporaryFolder()));
  expect((await readRun(writer.path)).state).toBe('running');
  between = () => {
    between = () => Promise.resolve();
    return writer.finish('finished', 'done', {});
  };
  expect(await readRun(writer.path)).toMatchObject({ state: 'finished', reason: 'done' });
});
