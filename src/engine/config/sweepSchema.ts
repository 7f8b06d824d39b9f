import { z } from 'zod';

/** A value that a key can be given. */
export const scalar = z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))]);

const range = z.strictObject({
  min: z.number().describe('The smallest value.'),
  max: z.number().describe('The largest value.'),
  scale: z.enum(['linear', 'log']).default('linear').describe('`log` draws each order of magnitude alike, as learning rates want it.'),
  integer: z.boolean().optional().describe('Whole numbers only. Without it, so where the key takes no others, e.g. `model.depth`.'),
});

/** More processes than that are a slip of the pen. */
export const MOST_PARALLEL = 64;

/** The section `sweep` of a configuration: which trainings are to be compared. */
export const sweepSchema = z.strictObject({
  method: z
    .enum(['grid', 'random', 'halving'])
    .default('grid')
    .describe('`grid`: every combination; `random`: `trials` of them, drawn; `halving`: many with few epochs, the best of them with more (successive halving).'),
  parameters: z
    .record(z.string(), z.union([z.array(scalar).min(1), range]))
    .default({})
    .describe('What is varied: for each key of the configuration, e.g. `model.patch_size`, a list of values, or for `random` and `halving` a range `{min, max, scale}`.'),
  variants: z
    .record(z.string(), z.record(z.string(), scalar))
    .default({})
    .describe('Whole networks or recipes that are varied, by their names: for each the keys that make it, e.g. `cnn: {model.preset: resnet18}`.'),
  seeds: z
    .union([z.int().min(1).max(100), z.array(z.int().min(0)).min(1)])
    .default(1)
    .describe('How many seeds, from `seed` on, or which: each combination is trained with all of them, so that a difference can be told from chance.'),
  trials: z.int().min(1).max(10_000).default(10).describe('Combinations of `random` and `halving`.'),
  eta: z.int().min(2).max(10).default(3).describe('`halving`: one of so many goes on, with so many times the epochs.'),
  parallel: z
    .int()
    .min(1)
    .max(MOST_PARALLEL)
    .optional()
    .describe('How many trainings run side by side, each in a process of its own; the results are the same. Without it one for every four cores: a training uses all cores already, so that more of them share what there is.'),
  min_epochs: z.int().min(1).default(1).describe('`halving`: epochs of the first round; the last has `train.epochs`.'),
});

export type SweepConfig = z.output<typeof sweepSchema>;
export type SweepValue = z.output<typeof scalar>;
