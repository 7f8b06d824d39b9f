import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/engine/config/load';
import { configSchema } from '../../../src/engine/config/schema';
import { configChanges } from '../../../src/engine/runs/compare';

const problems = (uri: string) => parseConfig(`dataset: {format: shapes}\ntracking: {mlflow: {uri: ${JSON.stringify(uri)}}}\n`, '/w/a.vit.yaml').problems;

test.each(['http://127.0.0.1:5000', 'https://mlflow.example.org/base/'])('%s is an address of a server', (uri) => {
  expect(problems(uri)).toEqual([]);
});

test.each([
  ['127.0.0.1:5000', /is "127\.0\.0\.1:5000"; the http\(s\) address of an MLflow server is needed/],
  ['sqlite:///mlflow.db', /the http\(s\) address of an MLflow server is needed/],
  ['https://me:s3cret@host', /holds a user or a password, which would be kept with every run/],
  ['http://host/#/experiments/1', /without what begins with \? or #/],
])('%s is none, and says why at its place', (uri, words) => {
  const [problem, ...more] = problems(uri);
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ key: 'tracking.mlflow.uri', line: 2, severity: 'error', message: expect.stringMatching(words) as unknown });
  expect(problem!.message).not.toMatch(/s3cret/);
});

test('who is told of a run may change between two parts of it', () => {
  const config = (tracking: object) => configSchema.parse({ tracking });
  expect(configChanges(config({}), config({ mlflow: { uri: 'http://a' }, tensorboard: true, system: 1 }))).toEqual([]);
});
