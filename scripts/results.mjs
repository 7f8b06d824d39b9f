// What suites end with: how many tests passed, failed and were skipped, and which failed. Each command prints one closing line
// and leaves its counts in .cache/results, from which .ci/run adds them up. Needs nothing but Node 20.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { run } from './progress.mjs';
import { cache, nodeProgram, projectEnv, root } from './setup.mjs';

const results = path.join(cache, 'results');
const resultOf = (name) => path.join(results, `${name}.json`);

/** The closing line, the same for every command. */
export const countsOf = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

export function total(all) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  for (const counts of all) {
    for (const key of Object.keys(sum)) sum[key] += counts[key];
    failures.push(...(counts.failures ?? []));
  }
  return { ...sum, failures };
}

const LINES_OF_A_FAILURE = 6;

/** One failure, in a few lines: its suite, its test, and how its message begins. */
export function failureOf(suite, test, message = '') {
  const plain = stripVTControlCharacters(message).trim().split('\n');
  return [`${suite}${test && ` › ${test}`}`, ...plain.slice(0, LINES_OF_A_FAILURE).map((line) => `    ${line.slice(0, 200)}`)].join('\n');
}

/** What failed, once more, at the end of a long output: who sees only its last lines sees these. */
export function tellFailures(failures = []) {
  if (failures.length > 0) console.log(['', 'What failed', ...failures.map((failure) => `  ✗ ${failure}`), ''].join('\n'));
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

/** The failures in vitest's own report; a suite that could not load is one, too. */
function failuresIn(testResults, unloaded) {
  const fileOf = (suite) => path.relative(root, suite.name);
  const tests = testResults.flatMap((suite) =>
    suite.assertionResults.filter((test) => test.status === 'failed').map((test) => failureOf(fileOf(suite), test.fullName, test.failureMessages[0])),
  );
  return [...tests, ...unloaded.map((suite) => failureOf(fileOf(suite), '', suite.message))];
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
  return { passed: numPassedTests, failed, skipped: numPendingTests, failures: failuresIn(testResults, unloaded) };
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
