import { expect, test } from 'vitest';
import { configSchema } from '../../src/engine/config/schema';
import { randomAt } from '../../src/engine/random';
import { learningRate, plateauAfter, startPlateau, type ScheduleConfig } from '../../src/engine/schedule';
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

test("a plateau is PyTorch's, after every epoch of 60 random trainings", async () => {
  const drawn = Array.from({ length: 60 }, (_, i) => {
    const random = randomAt(i, 'plateau');
    const monitor = (['val/loss', 'val/top1'] as const)[i % 2]!;
    const sign = monitor === 'val/loss' ? 1 : -1;
    // Noise around a curve that flattens; a value that is none once in a while.
    const values = Array.from({ length: 80 }, (_one, epoch) => (random.next() < 0.02 ? NaN : 1 + sign * (Math.exp(-epoch / 8) * 0.8 + 0.02 * random.normal())));
    const plateau = { patience: random.int(6), threshold: [0, 1e-4, 0.02][random.int(3)]!, cooldown: random.int(4) };
    return { values, train: { ...configSchema.parse({ train: { monitor, plateau, lr: 0.1, min_lr: [0, 1e-3][random.int(2)]!, decay_rate: [0.1, 0.5, 0.9][random.int(3)]! } }).train } };
  });
  const asked = drawn.map(({ values, train: { monitor, plateau, lr, min_lr, decay_rate: factor } }) => ({ lr, values, options: { mode: monitor === 'val/loss' ? 'min' : 'max', factor, min_lr, ...plateau } }));
  const answers = await reference<number[][]>('plateaus', asked);
  let lowered = 0;
  for (const [i, { values, train }] of drawn.entries()) {
    let state = startPlateau(train);
    const rates = values.map((value) => {
      // As it comes back from a checkpoint.
      state = JSON.parse(JSON.stringify(plateauAfter(state, value, train))) as typeof state;
      return state.lr;
    });
    expect(rates, JSON.stringify(asked[i]!.options)).toEqual(answers[i]);
    lowered += new Set(rates).size - 1;
  }
  // They do go down, and not all at once.
  expect(lowered).toBeGreaterThan(100);
});
