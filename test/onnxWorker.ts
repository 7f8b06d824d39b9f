import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';
import { bundles } from '../scripts/bundles.mjs';

/** Builds the threads once for all suites, whose engines run from source and find them by `VITLAB_ONNX_WORKER` and `VITLAB_DATA_WORKER`. */
export async function setup(project: TestProject): Promise<void> {
  const root = path.resolve(fileURLToPath(import.meta.url), '../..');
  for (const [name, variable] of [['onnxWorker', 'VITLAB_ONNX_WORKER'], ['dataWorker', 'VITLAB_DATA_WORKER']] as const) {
    const outfile = path.join(root, `.cache/test/${name}.js`);
    const options = bundles({ minify: false }).find((bundle) => bundle.outfile === `dist/${name}.js`);
    await build({ ...options, outfile });
    project.config.env[variable] = outfile;
  }
}
