import type { Plan } from './pipelineFile';
import { seedsOf } from './pipelineFile';
import type { Step } from './step';
import { checkStep } from './steps/check';
import { compareStep } from './steps/compare';
import { evaluateName, evaluateStep } from './steps/evaluate';
import { figuresStep } from './steps/figures';
import { rawStep } from './steps/raw';
import { reportStep } from './steps/report';
import { splitStep } from './steps/split';
import { trainName, trainStep } from './steps/train';

/** All steps of a pipeline, each behind those whose results it takes. */
export function stepsOf(plan: Plan): readonly Step[] {
  const seeds = seedsOf(plan);
  const pairs = plan.configs.flatMap((config) => seeds.map((seed) => ({ config, seed })));
  const trained = pairs.map(({ config, seed }) => trainName(config, seed));
  const evaluated = pairs.map(({ config, seed }) => evaluateName(config, seed));
  return [
    ...(plan.sample ? [rawStep(plan.sample)] : []),
    checkStep(plan.sample ? ['raw'] : []),
    splitStep(),
    ...pairs.map(({ config, seed }) => trainStep(config, seed)),
    ...pairs.map(({ config, seed }) => evaluateStep(config, seed)),
    compareStep(evaluated),
    figuresStep(plan.configs, seeds[0]!),
    reportStep(trained, [...trained, ...evaluated]),
  ];
}
