/**
 * A test-only extension: runs the mocha suites inside the extension host.
 * In the browser it starts on activation and writes its results to the file named in VITLAB_TEST_RESULTS;
 * in the desktop VS Code `run` is called by @vscode/test-electron.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type * as mocha from 'mocha';

interface TestResult {
  title: string;
  state: 'passed' | 'failed' | 'skipped';
  milliseconds: number;
  error?: string;
}

/** The file is replaced as a whole, so that its reader never meets half of it. */
function publish(file: string, tests: readonly TestResult[], done: boolean): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, JSON.stringify({ tests, done }, null, 2));
  renameSync(`${file}.part`, file);
}

const describeFailure = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

function failure(title: string, error: unknown): TestResult {
  return { title, state: 'failed', milliseconds: 0, error: describeFailure(error) };
}

async function runSuites(onResult: (result: TestResult) => void): Promise<void> {
  const { default: Mocha } = await import('mocha');
  // The results go to onResult alone.
  class Silent extends Mocha.reporters.Base {}
  const runner = new Mocha({ ui: 'bdd', timeout: 120_000, reporter: Silent });
  runner.suite.emit('pre-require', globalThis, '', runner);
  // The suites register themselves with the globals that mocha has just set, so they are loaded only now.
  await import('./suites.js');
  await new Promise<void>((resolve) => {
    const result = (test: mocha.Test, state: TestResult['state']): TestResult => ({
      title: test.fullTitle(),
      state,
      milliseconds: test.duration ?? 0,
    });
    runner
      .run(() => resolve())
      .on('pass', (test: mocha.Test) => onResult(result(test, 'passed')))
      .on('pending', (test: mocha.Test) => onResult(result(test, 'skipped')))
      .on('fail', (test: mocha.Test, error: unknown) => onResult({ ...result(test, 'failed'), error: describeFailure(error) }));
  });
}

export async function activate(): Promise<void> {
  const file = process.env['VITLAB_TEST_RESULTS'];
  if (!file) return;
  const tests: TestResult[] = [];
  publish(file, tests, false);
  try {
    await runSuites((result) => {
      tests.push(result);
      publish(file, tests, false);
    });
  } catch (error) {
    tests.push(failure('loading the suites', error));
  }
  publish(file, tests, true);
}

/** The entry for @vscode/test-electron: rejects when a test failed. */
export async function run(): Promise<void> {
  const failed: TestResult[] = [];
  await runSuites((result) => {
    console.log(`${result.state}  ${result.title}`);
    if (result.state === 'failed') failed.push(result);
  });
  if (failed.length > 0) throw new Error(failed.map((result) => `${result.title}\n${result.error ?? ''}`).join('\n\n'));
}
