// `npm run bench`: how fast and how large ViT Lab is beside PyTorch and others, as ratios side by side in one run.
//   --only NAME,…    these workloads (see bench/workloads.ts), or `scaling`, or `passes`: what each pass of the compiler gains
//   --peers NAME,…   timm (default), timm-compiled, tensorflow, jax, tfjs-node-eager, wasm, transformers.js, all
//   --engine NAME    ours: onnx (default), tfjs-node, tfjs-node-bf16, wasm
//   --pairs N        loops of each side, in turn (default 7; at most 5 of memory and scaling, which take long)
//   --json FILE      also writes the results there
// It makes its own Python environments in .cache, or takes those that VITLAB_PYTHON (PyTorch and timm),
// VITLAB_PYTHON_TENSORFLOW and VITLAB_PYTHON_JAX name.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bundles } from './bundles.mjs';
import { report, run, step } from './progress.mjs';
import { ensurePython } from './python.mjs';
import { cache, enter, nodeProgram, npmCommand, projectEnv, root } from './setup.mjs';

const environments = {
  torch: { peers: ['timm', 'timm-compiled'], name: 'parity', variable: 'VITLAB_PYTHON', packages: ['torch', 'torchvision', 'timm'], modules: ['torch', 'timm'] },
  tensorflow: { peers: ['tensorflow'], name: 'bench-tensorflow', variable: 'VITLAB_PYTHON_TENSORFLOW', packages: ['tensorflow-cpu'], modules: ['tensorflow'] },
  jax: { peers: ['jax'], name: 'bench-jax', variable: 'VITLAB_PYTHON_JAX', packages: ['jax'], modules: ['jax'] },
};
const transformers = path.join(cache, 'bench-transformers');

/** The passes over a training step in ONNX Runtime that can be left out; what remains of their graph is the same network. */
const passes = ['foldConstants', 'shareCommon', 'absorbExpand', 'fuseLayerNorm', 'fuseMatMul', 'gatherTransposes', 'splitWeightGradients', 'sumAsProduct', 'fuseGemm', 'mergeMoves'];

/** What an option lists, given as `--name A,B` or `--name=A,B`; everything else bench/run.ts reads. */
function listOf(name, otherwise) {
  const { values } = parseArgs({ options: { [name]: { type: 'string' } }, strict: false });
  return values[name] === undefined ? otherwise : String(values[name]).split(',');
}

/** A framework that cannot be had here is said so by each comparison that needs it. */
async function pythons(peers) {
  const found = {};
  for (const [framework, environment] of Object.entries(environments)) {
    if (!peers.includes('all') && !environment.peers.some((peer) => peers.includes(peer))) continue;
    try {
      found[framework] = await ensurePython(environment);
    } catch (error) {
      console.log(`  ${framework}: ${error.message.split('\n')[0]}`);
    }
  }
  return found;
}

async function installTransformers(peers) {
  if (!peers.includes('all') && !peers.includes('transformers.js')) return;
  const [command, args] = npmCommand(['install', '--prefix', transformers, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '@huggingface/transformers@3']);
  await step('Installing transformers.js in .cache', () => run(command, args, { quiet: true })).catch((error) => console.log(`  transformers.js: ${error.message.split('\n')[0]}`));
}

/** The engine's thread has to lie beside what uses it, as in dist. */
async function bundle(folder, programs, plugins = []) {
  // Not installed yet when this script begins in a fresh clone.
  const { build } = await import('esbuild');
  const [, engine] = bundles({ minify: false });
  for (const name of programs) await build({ ...engine, plugins, entryPoints: [`bench/${name}.ts`], outfile: path.join(folder, `${name}.js`) });
  for (const one of bundles({ minify: false }).filter(({ outfile }) => /(Worker|engine)\.js$/.test(outfile))) await build({ ...one, plugins, outfile: path.join(folder, path.basename(one.outfile)) });
  return folder;
}

/** Puts a pass that changes nothing in the place of another one, whose module may export more than it. */
function without(pass) {
  return {
    name: `without ${pass}`,
    setup: (build) =>
      build.onLoad({ filter: new RegExp(`[\\\\/]passes[\\\\/]${pass}\\.ts$`) }, async ({ path: file }) => {
        const text = await readFile(file, 'utf8');
        const declaration = `export const ${pass}: Pass =`;
        if (!text.includes(declaration)) throw new Error(`${file} does not declare the pass ${pass}`);
        return { loader: 'ts', contents: `${text.replace(declaration, 'export const leftOut: Pass =')}\n${declaration} { name: '${pass}', run: (graph) => graph };\n` };
      }),
  };
}

/** The bundles whose compiler lacks a pass, by its name. */
async function bundlesWithout(wished) {
  const made = {};
  for (const pass of wished) made[pass] = path.join(await bundle(path.join(cache, 'bench', `without-${pass}`), ['ours'], [without(pass)]), 'ours.js');
  return made;
}

try {
  await enter(import.meta.url);
  const peers = listOf('peers', ['timm']);
  const only = listOf('only', []);
  const folder = await bundle(path.join(cache, 'bench'), ['run', 'ours', 'loadOurs', 'lookOurs', 'lookMemory']);
  const left = await bundlesWithout(only.includes('passes') ? passes : []);
  const places = { ours: path.join(folder, 'ours.js'), without: left, peers: path.join(root, 'bench/peers'), pythons: only.join() === 'passes' ? {} : await pythons(peers), transformers };
  await installTransformers(peers);
  await run(nodeProgram, [path.join(folder, 'run.js'), ...process.argv.slice(2)], { cwd: root, env: projectEnv({ VITLAB_BENCH: JSON.stringify(places) }) });
} catch (error) {
  report(error);
  process.exitCode = 1;
}
