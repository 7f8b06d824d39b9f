// `npm run test:parity`: compares ViT Lab's numbers with PyTorch, timm, Pillow, scikit-learn and native TensorFlow. The
// only suite that needs Python 3, and no part of `npm test`. It makes its own environments: one in .cache/parity (else the
// Python that VITLAB_PYTHON names) and native TensorFlow in .cache/tensorflow (else the folder that VITLAB_TFJS_NODE
// names). The photos are looked for in VITLAB_DATA. What cannot be had here is told at the end, and is no success.
// VITLAB_UNTIL, in seconds as `date +%s` gives them, is when no further suite begins: what is left is told at the end, too.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { report } from './progress.mjs';
import { ensurePython } from './python.mjs';
import { countsOf, forget, isGood, Missing, remember, tellFailures, total, vitest, warnOf } from './results.mjs';
import { enter, root } from './setup.mjs';
import { ensureTensorFlow } from './tensorflow.mjs';

const environment = {
  name: 'parity',
  variable: 'VITLAB_PYTHON',
  // Pillow 13 changed the order of the passes of a resize; ViT Lab follows it.
  packages: ['torch', 'torchvision', 'timm', 'transformers', 'safetensors', 'numpy', 'pillow>=13', 'scikit-learn', 'onnx', 'onnxruntime', 'mlflow==3.17.2', 'tensorboard==2.21.0'],
  modules: ['torch', 'torchvision', 'timm', 'transformers', 'safetensors', 'numpy', 'PIL', 'sklearn', 'onnx', 'onnxruntime', 'mlflow', 'tensorboard'],
};

function findPhotos() {
  const folder = path.join(process.env.VITLAB_DATA ?? path.resolve(root, '../shared/data'), 'photos');
  if (!existsSync(folder)) throw new Missing(`There is no ${folder}. VITLAB_DATA names the folder that holds photos.`);
}

const needs = [
  { name: 'python', what: 'PyTorch, timm, transformers, torchvision, Pillow, scikit-learn, ONNX Runtime, MLflow, TensorBoard: models, trainings, pixels, metrics, exports, tracking', get: () => ensurePython(environment) },
  { name: 'tensorFlow', what: 'Native TensorFlow: its operations, its compiled graphs, trainings on it', get: ensureTensorFlow },
  { name: 'photos', what: 'Photos: pixels after a resize, probabilities from the file on, exported models', get: findPhotos },
];

/** The suites that ask no Python. */
const withoutPython = ['test/parity/tensorflow', 'test/parity/yamlServer', 'test/engine/model/vit.test.ts'];

/** Those that compare many random networks, and take minutes each: they come last. */
const long = ['family', 'training', 'tensorflow', 'gradients', 'architectures'];
const AT_ONCE = 4;

/** All suites in parts of a few, the quick ones first. */
function suitesInParts() {
  const folder = 'test/parity';
  const names = readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.test.ts')).sort();
  const rank = (name) => long.indexOf(name.replace('.test.ts', ''));
  const ordered = [...names.filter((name) => rank(name) < 0).map((name) => `${folder}/${name}`), 'test/engine/model/vit.test.ts'];
  const quick = Array.from({ length: Math.ceil(ordered.length / AT_ONCE) }, (_, i) => ordered.slice(i * AT_ONCE, (i + 1) * AT_ONCE));
  return [...quick, ...names.filter((name) => rank(name) >= 0).sort((a, b) => rank(a) - rank(b)).map((name) => [`${folder}/${name}`])];
}

/** Runs the suites until there is no time left, and says which did not begin. */
async function untilTime(until, env) {
  const counts = [];
  const parts = suitesInParts();
  while (parts.length > 0 && Date.now() / 1000 < until) counts.push(await vitest('parity', ['--config', 'vitest.parity.config.mts', ...parts.shift()], env));
  const all = total(counts);
  const left = parts.flat();
  const missing = left.length === 0 ? [] : [{ what: `Suites that did not begin: ${left.map((file) => path.basename(file, '.test.ts')).join(', ')}`, why: 'The time of this check was over (VITLAB_UNTIL). `npm run test:parity` runs them all.' }];
  return { ...all, skipped: all.skipped + left.length, missing };
}

/** Gets what the comparisons need; what the machine cannot have goes to `missing`, what fails otherwise counts as a failure. */
async function prepare() {
  const [found, missing] = [{}, []];
  let failed = 0;
  for (const { name, what, get } of needs) {
    try {
      found[name] = await get();
    } catch (error) {
      if (error instanceof Missing) missing.push({ what, why: error.message });
      else {
        failed++;
        report(error);
      }
    }
  }
  return { found, missing, failed };
}

async function compare() {
  const { found, missing, failed } = await prepare();
  const { python, tensorFlow } = found;
  // With nothing to compare with, there is nobody to count what is in the suites: each part that is missing is one.
  if (!python && !tensorFlow) return { passed: 0, failed, skipped: missing.length, missing };
  const env = { ...(python && { VITLAB_PYTHON: python }), ...(tensorFlow && { VITLAB_TFJS_NODE: tensorFlow }) };
  const until = Number(process.env.VITLAB_UNTIL);
  if (python && until > 0) {
    const ran = await untilTime(until, env);
    return { ...ran, failed: ran.failed + failed, missing: [...missing, ...ran.missing] };
  }
  const ran = await vitest('parity', ['--config', 'vitest.parity.config.mts', ...(python ? [] : withoutPython), ...process.argv.slice(2)], env);
  return { ...ran, failed: ran.failed + failed, missing };
}

try {
  forget('total-parity');
  await enter(import.meta.url);
  const result = await compare();
  remember('total-parity', result);
  warnOf(result.missing);
  tellFailures(result.failures);
  console.log(countsOf(result));
  process.exitCode = isGood(result) && result.missing.length === 0 ? 0 : 1;
} catch (error) {
  report(error);
  process.exitCode = 1;
}
