/** What is in the package, and that it stands on its own feet where it was installed. */
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { findPackage } from '../../scripts/installed.mjs';

const execute = promisify(execFile);
const extension = (): string => inject('place').extension;

/** All that may be in the package, by its first folders; anything else is a mistake. */
const expected = [
  /^package\.json$|^package\.nls(\.es)?\.json$|^\.vsixmanifest$/,
  /^(readme|changelog)\.md$/i,
  /^license(\.txt)?$/i,
  /^dist\/(extension|engine|onnxWorker|dataWorker|cli)\.js$/,
  /^dist\/webview\/(inspector|compare|results|evaluation|sweep|preview|gallery|glossary)\.(js|css)$/,
  /^dist\/wasm\/tfjs-backend-wasm(-simd|-threaded-simd)?\.wasm$/,
  /^dist\/node_modules\/(sharp|@img\/[\w-]+|detect-libc|semver|onnxruntime-(node|common))\//,
  // What a saved inspector is made of.
  /^dist\/webview\/standalone\.js$/,
  /^l10n\/bundle\.l10n(\.es)?\.json$/,
  /^media\//,
  /^configs\/[\w.-]+\.(yaml|json)$/,
];

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

test('the package holds what the product needs and nothing else', async () => {
  const files = await filesOf(extension());
  expect(files.filter((file) => !expected.some((pattern) => pattern.test(file)))).toEqual([]);
  for (const needed of ['dist/extension.js', 'dist/engine.js', 'dist/onnxWorker.js', 'dist/dataWorker.js', 'dist/cli.js', 'dist/webview/inspector.js', 'dist/webview/standalone.js', 'package.nls.es.json'])
    expect(files).toContain(needed);
  const { size } = await stat(await findPackage());
  console.log(`    the package: ${files.length} files, ${(size / 1e6).toFixed(1)} MB`);
  // 18 MB are ONNX Runtime, 9 MB libvips, 3 MB TensorFlow.js; binaries of a second platform would be seen here.
  expect(size).toBeLessThan(40_000_000);
});

test('the package holds the native parts of this platform only', async () => {
  const natives = (await readdir(path.join(extension(), 'dist/node_modules/@img'))).filter((name) => name.startsWith('sharp-'));
  expect(natives.length).toBeGreaterThan(0);
  for (const name of natives) expect(name).toMatch(new RegExp(`${process.platform}(musl)?-${process.arch}$`));
});

test('the installed command line decodes a PNG and classifies it', async () => {
  const { folder } = inject('place');
  const image = (await filesOf(folder)).find((file) => file.endsWith('.png'));
  const checkpoint = (await filesOf(folder)).find((file) => file.endsWith('.safetensors') && !file.endsWith('.state.safetensors'));
  expect([image, checkpoint]).not.toContain(undefined);
  const args = [path.join(extension(), 'dist/cli.js'), 'classify', checkpoint ?? '', image ?? '', '--json'];
  // Elsewhere than in the project, so that nothing of its node_modules can help.
  const { stdout } = await execute(process.execPath, args, { cwd: folder });
  const [answer] = JSON.parse(stdout) as { predictions: { label: string; probability: number }[] }[];
  expect(answer?.predictions[0]?.probability).toBeGreaterThan(0.2);
});
