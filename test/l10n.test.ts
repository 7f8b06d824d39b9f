import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../scripts/bundles.mjs';
import { extract } from '../scripts/l10n.mjs';

type Texts = Record<string, string>;

async function read(file: string): Promise<Texts> {
  const parsed = JSON.parse(await readFile(path.join(root, file), 'utf8')) as Record<string, string | { message: string }>;
  return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, typeof value === 'string' ? value : value.message]));
}

/** The numbered places and the code marks of a text: a translation has to keep all of them. */
const placeholders = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
const commandLinks = (text: string): string[] => [...text.matchAll(/\(command:[^)]+\)/g)].map(String).sort();

function unequal(english: Texts, other: Texts, part: (text: string) => string[]): string[] {
  return Object.keys(english).filter((key) => part(english[key] ?? '').join() !== part(other[key] ?? '').join());
}

async function expectParity(englishFile: string, otherFile: string): Promise<void> {
  const english = await read(englishFile);
  const other = await read(otherFile);
  expect(Object.keys(other).sort()).toEqual(Object.keys(english).sort());
  expect(unequal(english, other, placeholders)).toEqual([]);
  expect(unequal(english, other, commandLinks)).toEqual([]);
  expect(Object.entries(other).filter(([, text]) => text.trim() === '')).toEqual([]);
}


test('the English list holds every text of the code', async () => {
  expect(await read('l10n/bundle.l10n.json')).toEqual(await extract());
});

test('Spanish has the same texts with the same placeholders', () =>
  expectParity('l10n/bundle.l10n.json', 'l10n/bundle.l10n.es.json'));

test('the manifest is in Spanish too', () => expectParity('package.nls.json', 'package.nls.es.json'));

test('the manifest uses exactly the strings that there are', async () => {
  const manifest = await readFile(path.join(root, 'package.json'), 'utf8');
  const used = new Set([...manifest.matchAll(/"%([\w.-]+)%"/g)].map((match) => match[1]));
  expect([...used].sort()).toEqual(Object.keys(await read('package.nls.json')).sort());
});

test('every call of l10n.t has its English text in place, or it could not be collected', async () => {
  const wrong: string[] = [];
  for (const folder of ['src', 'webview'].filter((name) => existsSync(path.join(root, name))))
    for (const name of (await readdir(path.join(root, folder), { recursive: true })).filter((file) => file.endsWith('.ts'))) {
      const text = await readFile(path.join(root, folder, name), 'utf8');
      const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
      for (const call of code.matchAll(/\bl10n\.t\(\s*([^\s])/g)) if (!`'"{`.includes(call[1] ?? '')) wrong.push(`${folder}/${name}: ${call[0]}`);
    }
  expect(wrong).toEqual([]);
});
