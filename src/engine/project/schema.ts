import { z } from 'zod';

/**
 * What a `pipeline.yaml` may say. Paths are relative to it. It says which trainings make up an experiment and what is done
 * with them; what a training is, its own configuration says.
 */
const file = z.string().min(1);

/** One, or a list without repetition. */
const seeds = z.union([z.int().min(1).max(100), z.array(z.int().min(0).max(2 ** 31 - 1)).min(1).max(100)]);

export const pipelineSchema = z.strictObject({
  name: z.string().min(1).max(80).optional(),
  configs: z.array(file).min(1).max(100),
  /** So many seeds from 0 on, or which. */
  seeds: seeds.default(1),
  /** Where the runs go. */
  models: file.default('models'),
  /** Raw data that are drawn where they are not there: they stand in for a download. */
  sample: z
    .strictObject({
      folder: file.default('data/raw/shapes'),
      images: z.int().min(30).max(100_000).default(600),
      size: z.int().min(16).max(512).default(32),
      seed: z.int().min(0).default(0),
    })
    .optional(),
  check: z
    .strictObject({
      /** Largest share of the test images that may be among those of training or validation, too (the same file). */
      max_leakage: z.number().min(0).max(1).default(0),
      /** Least images of every class in training. */
      min_per_class: z.int().min(0).default(2),
    })
    .prefault({}),
  figures: z
    .strictObject({
      /** Test images whose attention is drawn for every configuration. */
      images: z.int().min(0).max(50).default(3),
    })
    .prefault({}),
  report: z
    .strictObject({
      title: z.string().min(1).max(200).optional(),
      author: z.string().min(1).max(200).optional(),
      language: z.enum(['en', 'es']).optional(),
      /** The configuration that the others are compared with; the first one without it. */
      baseline: file.optional(),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warning', 'error']).default('info'),
      file: file.default('logs/pipeline.log'),
    })
    .prefault({}),
});

/** A whole pipeline: every default filled in. */
export type Pipeline = z.output<typeof pipelineSchema>;
