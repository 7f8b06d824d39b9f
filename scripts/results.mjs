// What suites end with: how many tests passed, failed and were skipped. Each command prints one closing line and leaves its
// counts in .cache/results, from which .ci/run adds them up. Needs nothing but Node 20.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from './progress.mjs';
import { cache, nodeProgram, projectEnv, root } from './setup.mjs';

const results = path.join(cache, 'results');
const resultOf = (name) => path.join(results, `${name}.json`);

/** The closing line, the same for every command. */
export const countsOf = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

export function total(all) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of all) for (const key of Object.keys(sum)) sum[key] += counts[key];
  return sum;
}

/** Nothing failed, and something ran. */
export const isGood = ({ passed, failed }) => failed === 0 && passed > 0;

/** What an earlier call left must not be taken for the result of one that ended early. */
export function forget(name) {
  rmSync(resultOf(name), { force: true });
}

export function remember(name, result) {
  mkdirSync(results, { recursive: true });
  writeFileSync(resultOf(name), JSON.stringify(result));
}

export function recall(name) {
  return JSON.parse(readFileSync(resultOf(name), 'utf8'));
}

/** Runs vitest and reads its counts from its own report: a suite that could not even load counts as a failure. */
export async function vitest(name, args, env = {}) {
  forget(name);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultOf(name)}`];
  const program = path.join(root, 'node_modules/vitest/vitest.mjs');
  const ended = await run(nodeProgram, [program, 'run', ...reporters, ...args], { cwd: root, env: projectEnv(env) }).catch((error) => error);
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = recall(name);
  const unloaded = testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.every((test) => test.status !== 'failed'));
  const failed = numFailedTests + unloaded.length;
  if (ended instanceof Error && failed === 0) throw ended;
  return { passed: numPassedTests, failed, skipped: numPendingTests };
}

/** What this machine cannot be made ready for: a Python, a download. Anything else that is thrown is a failure. */
export class Missing extends Error {}

/** Says what was not compared, and why, in a block that nobody overlooks. */
export function warnOf(missing) {
  if (missing.length === 0) return;
  const bar = '█'.repeat(100);
  const lines = missing.flatMap(({ what, why }) => ['', what, ...why.trim().split('\n').map((line) => `  ${line}`)]);
  console.log(['', bar, bar, '██', '██  NOT COMPARED ON THIS MACHINE', ...lines.map((line) => `██  ${line}`.trimEnd()), '██', bar, bar, ''].join('\n'));
}
