import { expect, test } from 'vitest';
import { bytes, compact, isShare, largerIsBetter, metric, percent } from '../../webview/numbers';

test('shares keep the digits that mean something', () => {
  expect([1, 0.61, 0.0996, 0.05, 0.0099, 0.0004, 0.00001, 0].map(percent)).toEqual(['100%', '61%', '10%', '5.0%', '0.99%', '0.04%', '<0.01%', '0%']);
});

test('large numbers have three digits and a unit', () => {
  expect([5_717_416, 1_258_000_000, 999, 0].map(compact)).toEqual(['5.72 M', '1.26 G', '999', '0']);
  expect([22_869_664, 512, 0].map(bytes)).toEqual(['21.8 MB', '512 B', '0 B']);
});

test('metrics are written by their kind', () => {
  expect(metric('val/top1', 0.912)).toBe('91.2%');
  expect(metric('val/loss', 1.23456)).toBe('1.235');
  expect(metric('lr', 0.0001)).toBe('1.00e-4');
  expect(metric('val/loss', Number.NaN)).toBe('NaN');
  expect([isShare('test/f1'), isShare('train/loss'), largerIsBetter('val/top1'), largerIsBetter('val/loss')]).toEqual([true, false, true, false]);
});
