// Native TensorFlow.js in .cache/tensorflow, built by the same code as `vit-lab build-tensorflow`, taken from its source.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { run, step } from './progress.mjs';
import { pipSettings } from './python.mjs';
import { Missing } from './results.mjs';
import { cache, nodeProgram, root } from './setup.mjs';

export const builtFolder = path.join(cache, 'tensorflow');

/** The builder, and a checksum of it: what another builder built is built again. */
async function builder() {
  // Not installed yet when a script begins in a fresh clone.
  const { build } = await import('esbuild');
  mkdirSync(cache, { recursive: true });
  const outfile = path.join(cache, 'build-tensorflow.cjs');
  await build({ absWorkingDir: root, entryPoints: ['src/engine/compile/tensorflow/build.ts'], outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'warning' });
  return { ...createRequire(import.meta.url)(outfile), checksum: createHash('sha256').update(readFileSync(outfile)).digest('hex') };
}

/** Which builder built which binding, beside what it built. */
const stampOf = (folder) => path.join(folder, 'built.json');

export async function buildInto({ folder, python, gpu, onLine }) {
  const { buildTensorFlow, checksum } = await builder();
  // The builder starts pip in the environment of this process.
  Object.assign(process.env, pipSettings);
  const built = await buildTensorFlow({ folder, python, gpu, onLine });
  writeFileSync(stampOf(folder), JSON.stringify({ checksum, addon: built.addon }));
  return built;
}

/** A binding holds the path of its TensorFlow: in a checkout that was moved it is there and does not load. */
async function isReady(checksum) {
  if (!existsSync(stampOf(builtFolder))) return false;
  const stamp = JSON.parse(readFileSync(stampOf(builtFolder), 'utf8'));
  if (stamp.checksum !== checksum) return false;
  return run(nodeProgram, ['-e', `require(${JSON.stringify(stamp.addon)})`], { quiet: true }).then(() => true, () => false);
}

/**
 * The folder with native TensorFlow: the one that VITLAB_TFJS_NODE names, else one of our own in .cache, built when it is
 * not there.
 *
 * @throws Missing when the machine lacks what a build needs; a build that fails for all that is an error like any other
 */
export async function ensureTensorFlow() {
  if (process.env.VITLAB_TFJS_NODE) return process.env.VITLAB_TFJS_NODE;
  const { BindingError, checksum } = await builder();
  if (await isReady(checksum)) return builtFolder;
  const build = () => buildInto({ folder: builtFolder, onLine: (line) => console.log(`  ${line}`) });
  await step('Building native TensorFlow in .cache/tensorflow (about 300 MB, once)', build).catch((error) => {
    throw error.name === 'UserError' && !(error instanceof BindingError) ? new Missing(error.message) : error;
  });
  return builtFolder;
}
