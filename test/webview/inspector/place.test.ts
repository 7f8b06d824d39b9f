import { expect, test } from 'vitest';
import { actionOf, headFromDigit } from '../../../webview/inspector/keyboard';
import { firstPlace, noHover, readPlace, shownMap, shownQuery, step, type Action, type Bounds, type Hover, type Place } from '../../../webview/inspector/place';

const bounds: Bounds = { layers: 6, heads: 4, rows: 3, columns: 5, prefix: 1, classToken: true };
const go = (place: Place, ...actions: readonly Action[]): Place => actions.reduce((at, action) => step(at, noHover, bounds, action), place);
const move = (rows: number, columns: number): Action => ({ type: 'move', rows, columns });
const over = (token: number): Hover => ({ token, previews: true, map: null });

test('starts at the class token of the last layer, and in the middle where there is no class token', () => {
  expect(shownQuery(firstPlace, noHover, bounds)).toBe(0);
  expect(shownQuery(firstPlace, noHover, { ...bounds, prefix: 0, classToken: false })).toBe(7);
  // Registers stand before the patches and are no class token.
  expect(shownQuery(firstPlace, noHover, { ...bounds, prefix: 2, classToken: false })).toBe(9);
  expect(shownMap(firstPlace, noHover, bounds)).toEqual({ layer: 5, head: 'mean' });
});

test('arrows enter the grid in its middle, then move by one and stop at the edges', () => {
  const entered = go(firstPlace, move(0, 1));
  expect(entered).toMatchObject({ query: 1 + 7, held: true });
  expect(go(entered, move(-1, 0)).query).toBe(1 + 2);
  expect(go(entered, move(-1, 0), move(-1, 0)).query).toBe(1 + 2);
  expect(go(entered, move(0, 1), move(0, 1), move(0, 1), move(0, 1)).query).toBe(1 + 9);
});

test('hover previews until a query is held; what only reads never previews', () => {
  expect(shownQuery(firstPlace, over(9), bounds)).toBe(9);
  expect(shownQuery(firstPlace, { ...over(9), previews: false }, bounds)).toBe(0);
  const held = go(firstPlace, { type: 'query', token: 4 });
  expect(shownQuery(held, over(9), bounds)).toBe(4);
  expect(shownQuery(go(held, { type: 'release' }), over(9), bounds)).toBe(9);
});

test('Space holds what is previewed, query and map', () => {
  const hover: Hover = { token: 9, previews: true, map: { layer: 2, head: 3 } };
  expect(step(firstPlace, hover, bounds, { type: 'hold' })).toMatchObject({ query: 9, held: true, layer: 2, head: 3 });
});

test('a place of a larger model is brought inside a smaller one', () => {
  const place: Place = { ...firstPlace, layer: 11, head: 11, query: 196, held: true };
  expect(shownMap(place, noHover, bounds)).toEqual({ layer: 5, head: 3 });
  expect(shownQuery(place, noHover, bounds)).toBe(15);
  expect(go(place, { type: 'layer', by: -1 }).layer).toBe(4);
});

test('a kept place is read field by field; nonsense falls back', () => {
  const place: Place = { ...firstPlace, tab: 'rollout', layer: 3, head: 2, query: 8, held: true, opacity: 0.25, values: false };
  expect(readPlace(JSON.parse(JSON.stringify(place)))).toEqual(place);
  expect(readPlace({ tab: 'gone', layer: -1, head: 1.5, query: 'x', opacity: 7, discard: Number.NaN, grid: 1 })).toEqual(firstPlace);
  expect(readPlace(null)).toEqual(firstPlace);
});

test('keys of the ARIA grid pattern, and none that the editor needs', () => {
  const key = (name: string, change = {}) => actionOf({ key: name, ctrlKey: false, altKey: false, metaKey: false, ...change });
  expect(key('Home')).toEqual({ type: 'edge', to: 'rowStart' });
  expect(key('Home', { ctrlKey: true })).toEqual({ type: 'edge', to: 'first' });
  expect(key('PageUp')).toEqual({ type: 'layer', by: -1 });
  expect(key('c', { ctrlKey: true })).toBeNull();
  expect(key('ArrowLeft', { altKey: true })).toBeNull();
  expect(key('x')).toBeNull();
});

test('digits choose a head; two in a row are one number where the model has it', () => {
  const one = headFromDigit('1', { digits: '', time: 0 }, 1000, 12);
  expect(one.head).toBe(0);
  expect(headFromDigit('2', one.typed, 1300, 12).head).toBe(11);
  expect(headFromDigit('2', one.typed, 1300, 4).head).toBe(1);
  expect(headFromDigit('2', one.typed, 3000, 12).head).toBe(1);
  expect(headFromDigit('9', one.typed, 3000, 4).head).toBeNull();
});

test('what of representations was looked at is kept; what is wrong or missing falls back', () => {
  const kept = { view: 'heads', off: [3, 5], layer: null, threshold: 2, images: '/photos', begun: { heads: 'key' }, seed: -1, along: 'up' };
  const { features } = readPlace({ tab: 'features', features: kept });
  expect(features).toMatchObject({ view: 'heads', off: [3, 5], layer: null, threshold: 0.5, images: '/photos', begun: { heads: 'key' }, seed: 0, along: 'row' });
  expect(readPlace({ tab: 'features' }).features).toEqual(firstPlace.features);
  expect(readPlace({ features: { off: 'all', begun: { heads: 7 } } }).features).toEqual(firstPlace.features);
});
