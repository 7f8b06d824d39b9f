import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** The unit suites: everything that needs no VS Code, no browser and no Python. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/host/suite/**', 'test/e2e/**', 'test/parity/**'],
    globalSetup: ['test/temporary.ts', 'test/onnxWorker.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Time is no matter of a test: a machine with other work to do gets as long as it needs, and only what hangs is ended.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // The command line answers in the language of the environment; the expectations are English. What the suites compile
    // stays in the project.
    env: { VITLAB_LANG: 'en', VITLAB_CACHE: path.join(import.meta.dirname, '.cache/test/user') },
  },
});
