import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';
import { bundles } from '../scripts/bundles.mjs';

/** Builds the thread of ONNX Runtime once for all suites, whose engines run from source and find it by `VITLAB_ONNX_WORKER`. */
export async function setup(project: TestProject): Promise<void> {
  const root = path.resolve(fileURLToPath(import.meta.url), '../..');
  const outfile = path.join(root, '.cache/test/onnxWorker.js');
  const options = bundles({ minify: false }).find((bundle) => bundle.outfile === 'dist/onnxWorker.js');
  await build({ ...options, outfile });
  project.config.env['VITLAB_ONNX_WORKER'] = outfile;
}
