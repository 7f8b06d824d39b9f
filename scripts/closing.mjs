// The end of .ci/run: what `npm test` and `npm run test:parity` left, what could not be compared here, and one closing line.
import { countsOf, isGood, recall, tellFailures, total, warnOf } from './results.mjs';

/** A command that left no counts ended early: it has said why. */
function resultOf(name) {
  try {
    return recall(`total-${name}`);
  } catch {
    return { passed: 0, failed: 1, skipped: 0, note: 'ended early' };
  }
}

const [tests, parity] = [resultOf('test'), resultOf('parity')];
console.log('\nThe whole check');
for (const [name, result] of Object.entries({ 'npm test': tests, 'npm run test:parity': parity })) {
  const note = result.note ?? (result.missing?.length ? 'not all could be set up, see below' : '');
  console.log(`  ${result.failed ? '✗' : note ? '-' : '✓'} ${name.padEnd(20)} ${countsOf(result)}${note && ` (${note})`}`);
}
warnOf(parity.missing ?? []);
const all = total([tests, parity]);
tellFailures(all.failures);
console.log(countsOf(all));
process.exitCode = isGood(all) && tests.passed > 0 ? 0 : 1;
