// `npm run test:vscode`: runs test/host/suite inside the extension host of a real VS Code with our package installed.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { addUnpacked, prepareInstalled } from './installed.mjs';
import { report, step } from './progress.mjs';
import { failureOf } from './results.mjs';
import { cache, root } from './setup.mjs';
import { openBrowser, startCodeServer } from './vscode-browser.mjs';

const minutes = 15;
const secondsToStart = 120;
const results = path.join(cache, 'results/host.json');
const bundled = path.join(cache, 'host-tests');

const manifest = {
  name: 'tests',
  publisher: 'vit-lab',
  version: '0.0.0',
  engines: { vscode: '^1.100.0' },
  main: './runner.js',
  activationEvents: ['onStartupFinished'],
  extensionKind: ['workspace'],
};

/** Bundles the suites and their runner into a small extension that only the tests install. */
export async function bundleSuites() {
  const folder = path.join(root, 'test/host/suite');
  const files = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith('.test.ts')).sort() : [];
  const common = { bundle: true, platform: 'node', target: 'node22', format: 'cjs', sourcemap: 'inline', absWorkingDir: root, external: ['vscode', 'mocha'] };
  const all = { contents: files.map((name) => `import './${name}';`).join('\n'), resolveDir: folder, loader: 'ts', sourcefile: 'suites.ts' };
  await rm(bundled, { recursive: true, force: true });
  await mkdir(bundled, { recursive: true });
  await build({ ...common, entryPoints: ['test/host/runner/runner.ts'], outfile: path.join(bundled, 'runner.js'), external: [...common.external, './suites.js'] });
  await build({ ...common, stdin: all, outfile: path.join(bundled, 'suites.js') });
  await writeFile(path.join(bundled, 'package.json'), JSON.stringify(manifest));
  return bundled;
}

/** Waits until the runner has written its results; it writes each finished test, so that the wait has something to tell. */
async function waitForResults(server) {
  const started = Date.now();
  let told = 0;
  for (;;) {
    const state = existsSync(results) ? JSON.parse(await readFile(results, 'utf8')) : { tests: [], done: false };
    for (; told < state.tests.length; told++) tell(state.tests[told]);
    if (state.done) return state;
    if (!existsSync(results) && Date.now() > started + secondsToStart * 1000)
      throw new Error(`The test extension did not start within ${secondsToStart} s; see ${path.join(server, 'server.log')}`);
    if (Date.now() > started + minutes * 60_000) throw new Error(`The suites inside VS Code did not end within ${minutes} minutes; see ${server}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const marks = { passed: '✓', failed: '✗', skipped: '-' };

function tell({ title, state, error, milliseconds }) {
  console.log(`    ${marks[state]} ${title}${milliseconds > 1000 ? ` (${(milliseconds / 1000).toFixed(1)} s)` : ''}`);
  if (error) console.log(error.replace(/^/gm, '        '));
}

/** Runs the suites; resolves to `{passed, failed, skipped}`. */
export async function runHostSuites() {
  await bundleSuites();
  await rm(results, { force: true });
  await mkdir(path.dirname(results), { recursive: true });
  const place = await prepareInstalled('host');
  await addUnpacked(bundled, place.extensions);
  const env = { VITLAB_TEST_RESULTS: results, VITLAB_DATA: process.env.VITLAB_DATA ?? path.resolve(root, '../shared/data') };
  const server = await step('Starting VS Code', () => startCodeServer({ ...place, env }));
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(server.url);
    const { tests } = await waitForResults(place.userData);
    const count = (state) => tests.filter((test) => test.state === state).length;
    const failures = tests.filter((test) => test.state === 'failed').map((test) => failureOf('test/host/suite', test.title, test.error));
    return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), failures };
  } finally {
    await browser.close();
    await server.close();
  }
}

if (process.argv[1] === import.meta.filename)
  try {
    const { passed, failed, skipped } = await runHostSuites();
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
