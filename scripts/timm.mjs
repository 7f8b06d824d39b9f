// The other side of the comparisons of accuracy: timm with PyTorch, given the images, the recipe and the schedule of a run.
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { bundles } from './bundles.mjs';
import { run } from './progress.mjs';
import { ensurePython } from './python.mjs';
import { cache, nodeProgram, projectEnv, root } from './setup.mjs';

const environment = { name: 'parity', variable: 'VITLAB_PYTHON', packages: ['torch', 'torchvision', 'timm'], modules: ['torch', 'timm'] };
const folder = path.join(cache, 'bench/accuracy');
const program = path.join(cache, 'bench/accuracyData.js');

/** Bundled as the engine is. */
async function buildProgram() {
  const all = bundles({ minify: false });
  await build({ ...all[1], entryPoints: ['bench/accuracyData.ts'], outfile: program });
  for (const one of all.filter(({ outfile }) => /Worker\.js$/.test(outfile))) await build({ ...one, outfile: path.join(cache, 'bench', path.basename(one.outfile)) });
}

/** What is needed beside the project itself; gives the Python that has it. */
export async function prepareTimm() {
  const python = await ensurePython(environment);
  await buildProgram();
  return python;
}

/** Trains once more what the run `name` (a folder) trained. `onLine` gets each line of the other side: one for an epoch, and the result, which is returned with our own. */
export async function trainWithTimm(python, name, onLine = () => undefined) {
  await rm(folder, { recursive: true, force: true });
  const output = await run(nodeProgram, [program, path.resolve(name), folder], { cwd: root, env: projectEnv(), quiet: true });
  const config = JSON.parse(output.trim().split('\n').at(-1));
  try {
    return { config, theirs: await answer(python, config, onLine) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function answer(python, config, onLine) {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [path.join(root, 'bench/peers/accuracy_timm.py'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    let [rest, last] = ['', null];
    child.stdout.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) onLine((last = JSON.parse(line)));
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(last) : reject(new Error(`timm's side ended with ${code}`))));
    child.stdin.end(`${JSON.stringify(config)}\n`);
  });
}
