import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';

/** The Python of the comparisons. Without it the test fails: who runs this suite wants the comparison. */
export function parityPython(): string {
  const python = process.env['VITLAB_PYTHON'];
  if (python === undefined || !existsSync(python)) throw new Error(`No Python with what is compared with (VITLAB_PYTHON is ${python ?? 'not set'}). Run npm run test:parity, which makes one.`);
  return python;
}

/** Asks a script beside this file: JSON in, JSON out. */
export async function asked<T>(script: string, args: readonly string[], question?: unknown): Promise<T> {
  const child = spawn(parityPython(), ['-W', 'ignore', path.join(import.meta.dirname, script), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  child.stdin.end(question === undefined ? '' : JSON.stringify(question));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}:\n${err.join('')}`);
  return JSON.parse(out.join('')) as T;
}
