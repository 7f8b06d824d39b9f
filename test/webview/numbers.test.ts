import { expect, test } from 'vitest';
import { bytes, compact, fixed, isShare, largerIsBetter, metric, percent, scaleEnds, tickLabels } from '../../webview/numbers';

test('shares keep the digits that mean something', () => {
  expect([1, 0.61, 0.0996, 0.05, 0.0099, 0.0004, 0.00001, 0].map(percent)).toEqual(['100%', '61%', '10%', '5.0%', '0.99%', '0.04%', '<0.01%', '0%']);
});

test('only the whole is 100%, and what rounds to zero has no sign', () => {
  expect([1, 0.99999, 0.9994, 0.997, 0.994].map(percent)).toEqual(['100%', '>99.9%', '99.9%', '99.7%', '99%']);
  expect([1, 0.9999, 0.999].map((share) => metric('val/top1', share))).toEqual(['100.0%', '>99.9%', '99.9%']);
  expect([fixed(-0.01, 1), fixed(-0.06, 1), metric('val/top1', -0)]).toEqual(['0.0', '-0.1', '0.0%']);
});

test('the ticks of an axis can be told apart, with no digit more than that takes', () => {
  expect(tickLabels([0, 0.0005, 0.001, 0.0015, 0.002], false)).toEqual(['0', '5.0e-4', '1.0e-3', '1.5e-3', '2.0e-3']);
  expect(tickLabels([0, 0.001, 0.002], false)).toEqual(['0', '1e-3', '2e-3']);
  expect(tickLabels([1, 1.5, 2], false)).toEqual(['1', '1.5', '2']);
  // Labels that are told apart by rounding alone would be those of other values.
  expect(tickLabels([1.4, 1.6], false)).toEqual(['1.4', '1.6']);
  expect(tickLabels([0.35, 0.375], true)).toEqual(['35.0%', '37.5%']);
  expect(tickLabels([0.001, 0.0015], false)).toEqual(['1.0e-3', '1.5e-3']);
  expect(tickLabels([1 / 3, 2 / 3], false)).toEqual(['0.33', '0.67']);
  expect(tickLabels([0, 1000, 2000], false)).toEqual(['0', '1,000', '2,000']);
  expect(tickLabels([0.61, 0.615, 0.62], true)).toEqual(['61.0%', '61.5%', '62.0%']);
  expect(tickLabels([0, 0.5, 1], true)).toEqual(['0%', '50%', '100%']);
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
  expect([isShare('val/balanced_accuracy'), isShare('val/ece'), largerIsBetter('val/ece'), largerIsBetter('val/balanced_accuracy')]).toEqual([true, true, false, true]);
  expect([isShare('test/f1'), isShare('train/loss'), largerIsBetter('val/top1'), largerIsBetter('val/loss')]).toEqual([true, false, true, false]);
});

test('the ends of a scale are told apart', () => {
  expect(scaleEnds({ low: 0.01541, high: 0.01547 }, percent)).toEqual(['1.54%', '1.55%']);
  expect(scaleEnds({ low: 0.015, high: 0.0461 }, percent)).toEqual(['1.5%', '4.6%']);
  expect(scaleEnds({ low: 0.25, high: 0.25 }, percent)).toEqual(['25%', '25%']);
  expect(scaleEnds({ low: 1.00012, high: 1.00018 }, (value) => fixed(value, 1))).toEqual(['1.0001', '1.0002']);
});
