/** What docs/architecture.md promises about the structure; each test says which invariant it holds. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { BuildOptions, Metafile } from 'esbuild';
import { build, transform } from 'esbuild';
import { expect, test } from 'vitest';
import { bundles, root } from '../scripts/bundles.mjs';
import { violations } from '../scripts/river.mjs';

const all = bundles({ minify: true });

function bundle(outfile: string): BuildOptions {
  const found = all.find((options) => options.outfile === outfile);
  if (!found) throw new Error(`scripts/bundles.mjs makes no ${outfile}`);
  return { ...found, write: false, metafile: true, logLevel: 'silent' };
}

/** What a bundle is made of, and its size in bytes. */
async function contents(outfile: string): Promise<{ inputs: string[]; bytes: number }> {
  const { metafile } = (await build(bundle(outfile))) as { metafile: Metafile };
  return { inputs: Object.keys(metafile.inputs), bytes: metafile.outputs[outfile]?.bytes ?? Number.NaN };
}

/** What of a bundle is evaluated when it starts: all that is reached without an `import()`. */
async function evaluatedAtStart(outfile: string): Promise<string[]> {
  const { metafile } = (await build(bundle(outfile))) as { metafile: Metafile };
  const reached = new Set<string>();
  const visit = (input: string): void => {
    if (reached.has(input)) return;
    reached.add(input);
    for (const { path: next, kind, external } of metafile.inputs[input]?.imports ?? []) if (kind !== 'dynamic-import' && external !== true) visit(next);
  };
  visit(metafile.outputs[outfile]!.entryPoint!);
  return [...reached];
}

/** Builds a one-line program with the options of a real bundle. */
function buildLine(outfile: string, line: string, folder: string): Promise<unknown> {
  const { entryPoints: _, ...options } = bundle(outfile);
  return build({ ...options, stdin: { contents: line, resolveDir: path.join(root, folder), loader: 'ts' } });
}

async function sources(folder: string): Promise<[file: string, text: string][]> {
  const names = await readdir(path.join(root, folder), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => path.join(folder, name));
  return Promise.all(files.map(async (file): Promise<[string, string]> => [file, await readFile(path.join(root, file), 'utf8')]));
}

/** A program without its comments. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

const using = (line: string): string => `${line}\nconsole.log(x);`;

test.each(['dist/engine.js', 'dist/cli.js'])('1: an import of vscode breaks the build of %s', async (outfile) => {
  await expect(buildLine(outfile, using("import * as x from 'vscode';"), 'src/engine')).rejects.toThrow(/Could not resolve "vscode"/);
  // The same program builds where vscode is allowed, so it is that import alone which fails.
  await expect(buildLine('dist/extension.js', using("import * as x from 'vscode';"), 'src')).resolves.toBeDefined();
});

test.each(['inspector', 'standalone', 'compare', 'results', 'evaluation', 'gallery', 'sweep', 'preview', 'glossary'])('2: the %s webview is made of browser code alone', async (view) => {
  const outfile = `dist/webview/${view}.js`;
  await expect(buildLine(outfile, using("import x from 'node:fs';"), 'webview')).rejects.toThrow(/node:fs/);
  await expect(buildLine(outfile, using("import x from 'vscode';"), 'webview')).rejects.toThrow(/vscode/);
  const { inputs } = await contents(outfile);
  expect(inputs.filter((input) => /@tensorflow|^src\/(engine|host|extension)/.test(input))).toEqual([]);
});

test.each(['protocol', 'authoringProtocol', 'runProtocol', 'pictureProtocol', 'modelProtocol', 'evaluationProtocol', 'examinationProtocol', 'explanationProtocol', 'flowProtocol', 'featureProtocol', 'trackingProtocol', 'panelProtocol', 'sweepProtocol', 'previewProtocol', 'storeProtocol', 'reportProtocol', 'practicalProtocol', 'glossaryProtocol', 'galleryProtocol', 'projectProtocol'])('3: %s.ts emits no code', async (name) => {
  const text = await readFile(path.join(root, `src/${name}.ts`), 'utf8');
  const emitted = await transform(text, { loader: 'ts', minify: true });
  expect(emitted.code.trim()).toBe('');
});

test.each(['dist/cli.js', 'dist/engine.js', 'dist/onnxWorker.js', 'dist/dataWorker.js'])('%s starts without TensorFlow.js and without what downloads', async (outfile) => {
  const inputs = await evaluatedAtStart(outfile);
  expect(inputs.length).toBeGreaterThan(20);
  expect(inputs.filter((input) => /node_modules\/(@tensorflow|undici|@huggingface)\//.test(input))).toEqual([]);
});

test('4: the host bundle is small and holds no tensors, no schema library and no native module', async () => {
  const { inputs, bytes } = await contents('dist/extension.js');
  expect(bytes).toBeLessThan(300_000);
  expect(inputs.filter((input) => /node_modules\/(@tensorflow|zod|sharp|yaml)\//.test(input))).toEqual([]);
  expect(inputs.filter((input) => input.startsWith('webview/'))).toEqual([]);
});

test('5: there is one RPC: nobody else posts messages or uses any', async () => {
  const texts = [...(await sources('src')), ...(await sources('webview'))];
  const casts = texts.filter(([file, text]) => file !== path.join('src', 'rpc.ts') && /\bas any\b|: any\b|<any>/.test(code(text)));
  expect(casts.map(([file]) => file)).toEqual([]);
});

test('7: the trainer knows neither the store nor a screen', async () => {
  const text = await readFile(path.join(root, 'src/engine/trainer.ts'), 'utf8');
  expect(text).toMatch(/async function\* train\b/);
  expect(text).not.toMatch(/from '\.\/(runStore|engine|cli)|console\.|process\.stdout/);
});

test('the river flows one way: no stage imports one downstream', async () => {
  expect(await violations()).toEqual([]);
});

test('11: nothing in the engine is written in place', async () => {
  // shapes.ts fills a draft folder and renames it whole, binding.ts a temporary one that TensorFlow reads at once, build.ts one for a compiler. A handle's own writeFile appends to the metrics or fills a file that it created exclusively.
  const writers = (await sources('src/engine')).filter(([, text]) => /(?<!handle\.)\b(writeFile|writeFileSync|createWriteStream)\(/.test(text));
  expect(writers.map(([file]) => path.basename(file)).filter((name) => !['atomic.ts', 'shapes.ts', 'binding.ts', 'build.ts'].includes(name))).toEqual([]);
});

test('no barrels, no default exports, no files that are named after nothing', async () => {
  const texts = [...(await sources('src')), ...(await sources('webview'))];
  const named = texts.filter(([file]) => /(^|[\\/])(index|utils?|manager|helpers?)\.ts$/.test(file)).map(([file]) => file);
  const barrels = texts.filter(([, text]) => /^export \*|^export default/m.test(text)).map(([file]) => file);
  expect([...named, ...barrels]).toEqual([]);
});

test('npm ci asks nothing but the registry, and npm has nothing to say of our settings', async () => {
  const { packages } = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { hasInstallScript?: boolean }> };
  // Its script downloads from elsewhere, and an npm that knows no `allowScripts` runs what the lock file says is there.
  expect(packages['node_modules/onnxruntime-node']).toBeDefined();
  expect(packages['node_modules/onnxruntime-node']).not.toHaveProperty('hasInstallScript');
  const keys = (await readFile(path.join(root, '.npmrc'), 'utf8')).split('\n').filter(Boolean).map((line) => line.split('=')[0]);
  expect(keys).toEqual(['fund', 'audit', 'engine-strict', 'omit-lockfile-registry-resolved']);
});
