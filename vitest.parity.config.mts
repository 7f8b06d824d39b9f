import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Comparison with PyTorch, timm and native TensorFlow; `npm run test:parity` names them in VITLAB_PYTHON and VITLAB_TFJS_NODE. */
export default defineConfig({
  test: {
    globalSetup: ['test/temporary.ts', 'test/onnxWorker.ts'],
    // The golden tests are unit tests; they are here again for the backend that `npm test` does not have.
    include: ['test/parity/**/*.test.ts', 'test/engine/model/vit.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    passWithNoTests: false,
    // As in the unit suites: English messages, and what is compiled stays in the project.
    env: { VITLAB_LANG: 'en', VITLAB_CACHE: path.join(import.meta.dirname, '.cache/test/user') },
  },
});
