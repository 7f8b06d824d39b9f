import { expect, test } from 'vitest';
import type { Classified } from '../../../src/protocol';
import { agreement, arrange, commonFolder, countLabels, csvRows, readOrder, reasonOf, type Column } from '../../../webview/results/rows';

const rows: readonly Classified[] = [
  { file: '/p/cats/img10.png', predictions: [{ label: 'cat', probability: 0.6 }, { label: 'dog', probability: 0.3 }] },
  { file: '/p/cats/img2.png', predictions: [{ label: 'dog', probability: 0.9 }, { label: 'cat', probability: 0.1 }] },
  { file: '/p/dogs/img1.png', predictions: [], error: 'Not an image' },
];
const names = (column: Column, descending = false, filter = ''): readonly string[] =>
  arrange(rows, { column, descending, filter }).map((row) => row.file.slice(3));

test('files sort as people count, and equal values by file', () => {
  expect(names('file')).toEqual(['cats/img2.png', 'cats/img10.png', 'dogs/img1.png']);
  expect(names('probability', true)).toEqual(['cats/img2.png', 'cats/img10.png', 'dogs/img1.png']);
  expect(names('error', true)).toEqual(['dogs/img1.png', 'cats/img2.png', 'cats/img10.png']);
});

test('every word of the filter has to be there: in the path, the label or the problem', () => {
  expect(names('file', false, 'CATS dog')).toEqual(['cats/img2.png']);
  expect(names('file', false, 'not an')).toEqual(['dogs/img1.png']);
  expect(names('file', false, 'zebra')).toEqual([]);
});

test('labels are counted, broken files apart', () => {
  expect(countLabels(rows)).toEqual({ labels: [['cat', 1], ['dog', 1]], broken: 1 });
});

test('the file has every prediction, and the same columns in each row', () => {
  const written = csvRows(rows);
  expect(written[0]).toEqual(['file', 'label_1', 'probability_1', 'label_2', 'probability_2', 'error']);
  expect(written[3]).toEqual(['/p/dogs/img1.png', '', '', '', '', 'Not an image']);
  expect(new Set(written.map((row) => row.length)).size).toBe(1);
});

test('the reason stands alone, and without a path before it stays whole', () => {
  expect(reasonOf('Cannot read /p/cats/x.png: the file is cut off.', '/p/cats/x.png')).toBe('The file is cut off.');
  expect(reasonOf('No se puede leer x.png: el archivo está cortado: 3 bytes.', 'C:\\p\\x.png')).toBe('El archivo está cortado: 3 bytes.');
  expect(reasonOf('Not an image', '/p/x.png')).toBe('Not an image');
});

test('the shared folder ends at a separator', () => {
  expect(commonFolder(['/a/bc/x.png', '/a/bd/y.png'])).toBe('/a/');
  expect(commonFolder(['C:\\p\\x.png', 'C:\\p\\q\\y.png'])).toBe('C:\\p\\');
  expect(commonFolder(['/a/x.png'])).toBe('/a/');
  expect(commonFolder(['x.png', '/a/y.png'])).toBe('');
  expect(commonFolder([])).toBe('');
});

test('folders called like classes tell how often the model agrees; siblings count even if their name was never predicted', () => {
  const says = (file: string, label: string): Classified => ({ file, predictions: [{ label, probability: 0.9 }] });
  // rows: cats/img10 is a cat, cats/img2 a dog; the folders are cats and dogs, the labels cat and dog.
  expect(agreement(rows)).toBeNull();
  const broken: Classified = { file: '/t/cat/x.png', predictions: [], error: 'Not an image' };
  expect(agreement([says('/t/cat/1.png', 'cat'), says('/t/cat/2.png', 'dog'), says('/t/bird/3.png', 'cat'), broken])).toEqual({ matching: 1, of: 3 });
  expect(agreement([says('C:\\t\\cat\\1.png', 'cat'), says('C:\\elsewhere\\misc\\2.png', 'cat')])).toEqual({ matching: 1, of: 1 });
  expect(agreement([])).toBeNull();
});

test('a kept order is read field by field', () => {
  expect(readOrder({ column: 'label', descending: true, filter: 'x' })).toEqual({ column: 'label', descending: true, filter: 'x' });
  expect(readOrder({ column: 'gone', descending: 1, filter: 2 })).toEqual({ column: 'file', descending: false, filter: '' });
});
