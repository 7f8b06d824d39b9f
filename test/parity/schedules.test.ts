import { expect, test } from 'vitest';
import { learningRate, type ScheduleConfig } from '../../src/engine/schedule';
import { measured, reference } from './reference';

const EPOCHS = 12;
const STEPS = 7;
const TOTAL = EPOCHS * STEPS;
const plain: ScheduleConfig = { lr: 0.3, min_lr: 1e-4, warmup_epochs: 0, epochs: EPOCHS, schedule: 'cosine', cycles: 1, decay_epochs: 30, decay_rate: 0.1, cooldown_epochs: 0 };
// Double precision on both sides; PyTorch multiplies from step to step where we compute each rate anew.
const TOLERANCE = 1e-12;

/** Each of ours, and what PyTorch calls it. */
const cases = {
  cosine: [{}, 'CosineAnnealingLR', { T_max: TOTAL - 1, eta_min: 1e-4 }],
  linear: [{ schedule: 'linear' }, 'LinearLR', { start_factor: 1, end_factor: 1e-4 / 0.3, total_iters: TOTAL - 1 }],
  step: [{ schedule: 'step', min_lr: 0, decay_epochs: 3, decay_rate: 0.5 }, 'StepLR', { step_size: 3 * STEPS, gamma: 0.5 }],
  'one cycle': [{ schedule: 'one_cycle', warmup_epochs: 3 }, 'OneCycleLR', { max_lr: 0.3, total_steps: TOTAL, pct_start: 3 / EPOCHS, final_div_factor: 0.3 / 25 / 1e-4 }],
  'warm-up': [{ schedule: 'constant', warmup_epochs: 4 }, 'LinearLR', { start_factor: 1 / (4 * STEPS), end_factor: 1, total_iters: 4 * STEPS - 1 }],
} as const;

test("every schedule is PyTorch's, at every step", async () => {
  const asked = Object.values(cases).map(([, kind, options]) => ({ kind, options, lr: plain.lr, steps: TOTAL }));
  const answers = await reference<number[][]>('schedules', asked);
  for (const [i, [name, [parts]]] of Object.entries(cases).entries()) {
    const ours = Array.from({ length: TOTAL }, (_, step) => learningRate(step, STEPS, { ...plain, ...parts }));
    const off = Math.max(...ours.map((rate, step) => Math.abs(rate - answers[i]![step]!)));
    measured(`learning rate, ${name}`, off, TOLERANCE);
    expect(off, name).toBeLessThan(TOLERANCE);
    // Control: one step late is noticed.
    expect(Math.max(...ours.map((rate, step) => Math.abs(rate - answers[i]![Math.max(0, step - 1)]!))), name).toBeGreaterThan(1e-6);
  }
});
