import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import { writtenKeys } from '../../../src/engine/project/steps/train';
import { configChanges } from '../../../src/engine/runs/compare';

test('how many images memory holds is no other training: a run goes on, and a pipeline trains nothing again', () => {
  const [usual, small] = [configSchema.parse({}), configSchema.parse({ dataset: { memory: 0 } })];
  expect(configChanges(usual, small)).toEqual([]);
  expect(writtenKeys(small)).toEqual(writtenKeys(usual));
  // What is one, is told.
  expect(configChanges(usual, configSchema.parse({ train: { lr: 0.5 } })).map(({ key }) => key)).toEqual(['train.lr']);
});
