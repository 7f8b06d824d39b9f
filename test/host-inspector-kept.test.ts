import { expect, test } from 'vitest';
import { readKept } from '../src/host/panels/inspectorKept';

const panel = { file: '/lab/star.png', pinned: false, times: 1, against: null };
const frame = { run: '/lab/runs/a', image: 0, epoch: 3 };

test('the look of a probe that was shown is kept, at an epoch or as the newest comes', () => {
  expect(readKept({ panel: { ...panel, probe: frame } })).toEqual({ ...panel, probe: frame });
  expect(readKept({ panel: { ...panel, probe: { ...frame, epoch: 'newest' } } })?.probe).toEqual({ ...frame, epoch: 'newest' });
});

test.each([undefined, null, 'a', {}, { ...frame, run: 1 }, { ...frame, image: '0' }, { ...frame, epoch: 'last' }])('%j is no look of a probe, and the rest is kept', (probe) => {
  expect(readKept({ panel: { ...panel, probe } })).toEqual({ ...panel, probe: null });
});

test.each([undefined, {}, { panel: { ...panel, pinned: 'yes' } }, { panel: { ...panel, file: 1 } }])('%j is no place of a panel', (state) => {
  expect(readKept(state)).toBeUndefined();
});
