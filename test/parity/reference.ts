import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { testData } from '../fixtures/data';

const script = path.resolve(fileURLToPath(import.meta.url), '../reference.py');

/** Asks reference.py. Without its Python the test fails: who runs this suite wants the comparison. */
export async function reference<T>(question: string, request: unknown): Promise<T> {
  const python = process.env['VITLAB_PYTHON'];
  if (python === undefined || !existsSync(python))
    throw new Error(`No Python with PyTorch and timm (VITLAB_PYTHON is ${python ?? 'not set'}). Run npm run test:parity, which makes one.`);
  const child = spawn(python, [script, question], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, CUDA_VISIBLE_DEVICES: '' } });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  child.stdin.end(JSON.stringify(request));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`reference.py ${question} ended with ${String(code)}:\n${err.join('')}`);
  return JSON.parse(out.join('')) as T;
}

/** The folder of photographs, of the test data. */
export const photos = testData('photos') ?? '';

/** A suite that needs the photos, and is skipped, loudly, where there are none. */
export const withPhotos = describe.skipIf(photos === '');

/** Prints what was measured: docs/parity.md is written from it. */
export function measured(what: string, value: number, tolerance: number): void {
  console.log(`parity: ${what}: ${value.toExponential(1)} (at most ${tolerance.toExponential(1)})`);
}
