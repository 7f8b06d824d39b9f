// `npm run test:desktop`: the suites of test/host in a desktop VS Code, which is downloaded; it needs a network and a display.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { bundleSuites } from './host-suite.mjs';
import { report, run } from './progress.mjs';
import { nodeProgram, projectEnv, root } from './setup.mjs';

const folder = await mkdtemp(path.join(os.tmpdir(), 'vit-lab-'));
try {
  const suites = await bundleSuites();
  const sample = path.join(folder, 'sample-workspace');
  await run(nodeProgram, [path.join(root, 'dist/cli.js'), 'init', sample], { quiet: true, env: projectEnv() });
  await runTests({
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(suites, 'runner.js'),
    launchArgs: [sample, '--disable-workspace-trust', '--user-data-dir', path.join(folder, 'user')],
  });
} catch (error) {
  report(error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
