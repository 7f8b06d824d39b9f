import { expect, test } from 'vitest';
import { createCache } from '../../src/engine/cache';

const made: string[] = [];
const maker = (value: string) => (): Promise<string> => {
  made.push(value);
  return Promise.resolve(value);
};

test('what was used last stays up to the limit, whether it was made here or given', async () => {
  const dropped: string[] = [];
  const cache = createCache<string>({ limit: 6, weigh: (value) => value.length, drop: (value) => dropped.push(value) });
  await cache.get('a', maker('aaa'));
  cache.keep('b', 'bb');
  expect(await cache.held('a')).toBe('aaa');
  cache.keep('c', 'cc');
  expect(await Promise.all(['a', 'b', 'c'].map((key) => cache.held(key)))).toEqual(['aaa', undefined, 'cc']);
  // In place of the other, and of its weight.
  cache.keep('a', 'a');
  cache.keep('d', 'ddd');
  expect(await Promise.all(['a', 'c', 'd'].map((key) => cache.held(key)))).toEqual(['a', 'cc', 'ddd']);
  expect(await cache.get('a', maker('never'))).toBe('a');
  cache.clear();
  expect(await cache.held('a')).toBeUndefined();
  await cache.get('e', maker('eeeeee'));
  expect(await cache.held('e')).toBe('eeeeee');
  expect(dropped.sort()).toEqual(['a', 'aaa', 'bb', 'cc', 'ddd']);
  expect(made).toEqual(['aaa', 'eeeeee']);
});

test('what is dropped while it is made weighs nothing, and what failed is made again', async () => {
  const cache = createCache<string>({ limit: 4, weigh: (value) => value.length });
  let finish: (value: string) => void = () => undefined;
  const slow = cache.get('slow', () => new Promise((resolve) => (finish = resolve)));
  cache.clear();
  finish('ssss');
  expect(await slow).toBe('ssss');
  cache.keep('a', 'aa');
  cache.keep('b', 'bb');
  expect(await Promise.all(['a', 'b', 'slow'].map((key) => cache.held(key)))).toEqual(['aa', 'bb', undefined]);
  await expect(cache.get('x', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await cache.get('x', maker('x'))).toBe('x');
});
