import { defineConfig } from 'vitest/config';

/** Comparison with PyTorch and timm; `npm run test:parity` names the Python in VITLAB_PYTHON. */
export default defineConfig({
  test: { globalSetup: ['test/onnxWorker.ts'], env: {}, include: ['test/parity/**/*.test.ts'], fileParallelism: false, testTimeout: 300_000, passWithNoTests: false },
});
