import { defineConfig } from 'vitest/config';

/** The suites that drive a real VS Code with a mouse and a keyboard, one after the other. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/e2e/server.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 180_000,
  },
});
