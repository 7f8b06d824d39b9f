import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BindingError, buildTensorFlow, type Built } from '../../../../src/engine/compile/tensorflow/build';
import { UserError } from '../../../../src/engine/userError';
import { temporaryFolder } from '../../../fixtures/data';

// The tools are scripts that note how they were called: what is tested is the order, the arguments and the errors. That
// what comes out computes is the matter of test/parity, which a real build runs.
const shell = process.platform !== 'win32';

let folder: string;
let lines: string[];

async function tool(name: string, script: string): Promise<void> {
  const file = path.join(folder, 'bin', name);
  await writeFile(file, `#!/bin/sh\necho "${name} $@" >> "${folder}/calls"\n${script}\n`);
  await chmod(file, 0o755);
}

const calls = async (): Promise<string[]> => (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n');

beforeEach(async () => {
  folder = await temporaryFolder();
  lines = [];
  await mkdir(path.join(folder, 'bin'));
  vi.stubEnv('PATH', `${path.join(folder, 'bin')}:/usr/bin:/bin`);
  vi.stubEnv('CXX', '');
  const tensorFlow = path.join(folder, 'tensorflow');
  await mkdir(path.join(tensorFlow, 'include'), { recursive: true });
  await Promise.all(['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((name) => writeFile(path.join(tensorFlow, name), '')));
  await tool('compiler', 'while [ $# -gt 0 ]; do if [ "$1" = -o ]; then echo made > "$2"; fi; shift; done');
  await tool('npm', 'mkdir -p node_modules/@tensorflow/tfjs-node/binding; touch node_modules/@tensorflow/tfjs-node/binding/a.cc');
  await tool('python', `echo ${tensorFlow}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const built = (options: { python?: string; compiler?: string } = {}): Promise<Built> =>
  buildTensorFlow({ folder: path.join(folder, 'out'), compiler: 'compiler', python: 'python', onLine: (line) => lines.push(line), ...options });

describe.runIf(shell)('building the binding of TensorFlow', () => {
  test('compiles the sources of the package against the TensorFlow of Python, and says when the result does not load', async () => {
    const failed = built();
    await expect(failed).rejects.toThrow(/^The binding was built but does not load: [^]*tfjs_binding\.node/);
    await expect(failed).rejects.toThrow(BindingError);
    const out = path.join(folder, 'out');
    const addon = path.join(out, 'node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node');
    expect(await readFile(addon, 'utf8')).toBe('made\n');
    const [version, python, npm, compile] = await calls();
    expect(version).toBe('compiler --version');
    expect(python).toMatch(/^python -c import/);
    expect(npm).toMatch(/^npm install --ignore-scripts .* @tensorflow\/tfjs-node@4\.22\.0 node-api-headers@1$/);
    for (const part of ['-DNAPI_VERSION=8', `-I${out}/node_modules/node-api-headers/include`, `-I${folder}/tensorflow/include`, 'binding/a.cc', `-rpath -Xlinker ${folder}/tensorflow`])
      expect(compile).toContain(part);
    expect(lines).toEqual(['Installing @tensorflow/tfjs-node@4.22.0 from npm', 'Compiling the binding', 'Loading it']);
  });

  test('makes an environment with TensorFlow when no Python is named', async () => {
    await tool('python3', `mkdir -p "$3/bin"; cp "${folder}/bin/python" "$3/bin/python"`);
    await expect(buildTensorFlow({ folder: path.join(folder, 'out'), compiler: 'compiler', onLine: (line) => lines.push(line) })).rejects.toThrow('does not load');
    expect((await calls()).some((call) => /^python -m pip install .*tensorflow/.test(call))).toBe(true);
    expect(lines).toContain(`Making a Python environment in ${path.join(folder, 'out/python')}`);
  });

  test.each<[string, { python?: string; compiler?: string }, () => Promise<void>, string]>([
    ['no compiler', { compiler: 'nowhere-c++' }, async () => undefined, 'There is no C++ compiler nowhere-c++. Install one'],
    ['no Python', { python: '/nowhere/python' }, async () => undefined, '/nowhere/python does not run: spawn /nowhere/python ENOENT'],
    ['a Python without TensorFlow', {}, () => tool('python', 'echo'), 'python has no TensorFlow with headers'],
    ['an npm that fails', {}, () => tool('npm', 'echo no network >&2; exit 1'), 'npm could not install @tensorflow/tfjs-node: no network'],
    ['sources that do not compile', {}, () => tool('compiler', 'if [ "$1" != --version ]; then echo a.cc:1: error; exit 1; fi'), 'The binding does not compile: a.cc:1: error'],
  ])('says what is wrong: %s', async (_, options, prepare, message) => {
    await prepare();
    const failed = built(options);
    await expect(failed).rejects.toThrow(UserError);
    await expect(failed).rejects.toThrow(message);
    // Only what the machine lacks lets the comparison with TensorFlow be left out.
    expect(await failed.catch((error: unknown) => error instanceof BindingError)).toBe(message.startsWith('The binding'));
  });

  test('ends when it is interrupted', async () => {
    await tool('npm', 'exec sleep 60');
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    await expect(buildTensorFlow({ folder: path.join(folder, 'out'), compiler: 'compiler', python: 'python', signal: abort.signal, onLine: () => undefined })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
