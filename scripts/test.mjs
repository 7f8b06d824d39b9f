// `npm test`: installs, checks, builds, packages and runs every suite, the ones inside a real VS Code included.
//   --only NAME[,NAME]   only these parts (see `parts`)
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, report, run } from './progress.mjs';
import { countsOf, failureOf, forget, isGood, remember, tellFailures, total, vitest } from './results.mjs';
import { enter, nodeProgram, projectEnv, root } from './setup.mjs';

const bin = (name) => path.join(root, 'node_modules', name);
const node = (...args) => run(nodeProgram, args, { cwd: root, env: projectEnv() });

/** A check counts as one test. */
const check = (work) => async () => {
  await work();
  return { passed: 1, failed: 0, skipped: 0 };
};

const types = ['src/engine', 'src', 'webview', 'test', 'test/host', 'test/e2e', 'bench'];

async function checkTypes() {
  for (const project of types) await node(bin('typescript/bin/tsc'), '--noEmit', '-p', project);
}

async function host() {
  const { runHostSuites } = await import('./host-suite.mjs');
  return runHostSuites();
}

// In this order; `needs` names the parts without which one cannot run.
const parts = [
  { name: 'types', what: 'Types', run: check(checkTypes) },
  { name: 'lint', what: 'Lint', run: check(() => node(bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.')) },
  { name: 'build', what: 'Build', run: check(() => node('scripts/build.mjs')) },
  { name: 'unit', what: 'Unit and integration suites', run: () => vitest('unit', []) },
  { name: 'package', what: 'Package', run: check(() => node('scripts/package.mjs')), needs: ['build'] },
  { name: 'start', what: 'npm start answers', run: check(() => node('scripts/start.mjs', '--check')), needs: ['build'] },
  { name: 'host', what: 'Suites inside VS Code’s extension host', run: host, needs: ['package'] },
  { name: 'e2e', what: 'Suites that drive VS Code in a browser', run: () => vitest('e2e', ['--config', 'vitest.e2e.config.mts']), needs: ['package'] },
];

function chosenParts() {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const names = values.only?.split(',');
  const unknown = names?.find((name) => !parts.some((part) => part.name === name));
  if (unknown) throw new RangeError(`There is no part ${unknown}; there are ${parts.map((part) => part.name).join(', ')}`);
  return names ? parts.filter((part) => names.includes(part.name)) : parts;
}

/** Runs one part to its counts; whatever it throws is shown and counts as one failure. */
async function runPart(part, done) {
  const missing = part.needs?.find((name) => (done.get(name)?.failed ?? 0) > 0);
  if (missing) return { passed: 0, failed: 0, skipped: 1, note: `not run: ${missing} failed` };
  try {
    const counts = await part.run();
    if (counts.passed + counts.failed > 0) return counts;
    return { ...counts, failed: 1, note: 'ran no test', failures: [failureOf(part.what, '', 'ran no test')] };
  } catch (error) {
    // The command has already printed to the terminal what it had to say.
    if (!(error instanceof CommandError)) report(error);
    else console.error(`${error.output}${error.message}`);
    return { passed: 0, failed: 1, skipped: 0, failures: [failureOf(part.what, '', error.message)] };
  }
}

function summary(done) {
  console.log('\nSummary');
  for (const [name, counts] of done) {
    const mark = counts.failed ? '✗' : counts.note ? '-' : '✓';
    const time = `${counts.seconds.toFixed(0)} s`.padStart(6);
    console.log(`  ${mark} ${name.padEnd(8)} ${time}  ${countsOf(counts)}${counts.note ? ` (${counts.note})` : ''}`);
  }
  const all = total(done.values());
  remember('total-test', all);
  tellFailures(all.failures);
  console.log(countsOf(all));
  return isGood(all);
}

try {
  forget('total-test');
  await enter(import.meta.url);
  const chosen = chosenParts();
  const done = new Map();
  for (const [index, part] of chosen.entries()) {
    console.log(`\n━━ ${index + 1} of ${chosen.length}: ${part.what}`);
    const started = Date.now();
    const counts = await runPart(part, done);
    done.set(part.name, { ...counts, seconds: (Date.now() - started) / 1000 });
  }
  process.exitCode = summary(done) ? 0 : 1;
} catch (error) {
  report(error);
  process.exitCode = 1;
}
