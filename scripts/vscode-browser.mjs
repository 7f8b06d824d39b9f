// A real VS Code in a browser (code-server from npm) for `npm start` without a desktop and for the suites.
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { run, step } from './progress.mjs';
import { cache, nodeProgram, npmCommand, projectEnv, root } from './setup.mjs';

const version = '4.139.1';
const home = path.join(cache, `code-server-${version}`);
const server = path.join(home, 'node_modules/code-server');
const entry = path.join(server, 'out/node/entry.js');

/** Installs code-server once. Without install scripts nothing is compiled and no system package is needed. */
export async function installCodeServer() {
  const done = path.join(home, 'installed');
  if (existsSync(done)) return;
  await mkdir(home, { recursive: true });
  await writeFile(path.join(home, 'package.json'), '{"private":true}\n');
  const install = (folder, args) => {
    const [command, all] = npmCommand(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', ...args]);
    return run(command, all, { quiet: true, cwd: folder, env: projectEnv() });
  };
  await step('Installing code-server from npm, about 600 MB, once (1 of 3: the server)', () => install(home, [`code-server@${version}`]));
  await step('Installing code-server (2 of 3: VS Code)', () => install(path.join(server, 'lib/vscode'), ['--omit=dev']));
  await step('Installing code-server (3 of 3: built-in extensions)', () => install(path.join(server, 'lib/vscode/extensions'), ['--omit=dev']));
  await writeFile(done, version);
}

/** A port that is free now, or the wished one. */
export async function freePort(wish = 0) {
  const probe = createServer();
  await new Promise((resolve, reject) => probe.once('error', reject).listen(wish, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const serverEnv = () => {
  const env = projectEnv();
  // A terminal inside VS Code or code-server sets these; the new server must not take them for its own.
  for (const name of Object.keys(env)) if (name.startsWith('VSCODE_') || name === 'PASSWORD') delete env[name];
  return env;
};

/** Installs a package into an extensions folder, as a person would. */
export async function installExtension(vsix, { userData, extensions }) {
  const args = [entry, '--user-data-dir', userData, '--extensions-dir', extensions, '--install-extension', vsix, '--force'];
  await run(nodeProgram, args, { quiet: true, env: serverEnv() });
}

/** Settings under which a test sees the same every time: no welcome page, no trust question, no recommendations. */
export const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'security.workspace.trust.enabled': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'telemetry.telemetryLevel': 'off',
  'git.openRepositoryInParentFolders': 'never',
  'chat.disableAIFeatures': true,
  'files.simpleDialog.enable': true,
};

export async function writeSettings(userData, settings) {
  const folder = path.join(userData, 'User');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
}

async function answers(url) {
  try {
    const response = await fetch(url, { redirect: 'follow' });
    return response.ok && (await response.text()).includes('workbench');
  } catch {
    return false;
  }
}

/** Asks the page until it answers; fails at once when the server ends before that. */
export async function waitForPage(url, ended, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    if (ended()) throw new Error(`code-server ended before it answered: ${ended()}`);
    if (await answers(url)) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`code-server did not answer at ${url} within ${seconds} s`);
}

/**
 * Makes a VS Code of its own speak a language to extensions: a language pack without a text, so that VS Code itself stays English.
 * The browser needs the cookie "vscode.nls.locale", too.
 */
export async function writeLanguagePack(userData, locale) {
  const texts = path.join(userData, 'main.i18n.json');
  await mkdir(userData, { recursive: true });
  await writeFile(texts, JSON.stringify({ '': '', version: '1.0.0', contents: {} }));
  const pack = { hash: 'empty', label: locale, extensions: [{ extensionIdentifier: { id: `vit-lab.language-${locale}`, uuid: '00000000-0000-4000-8000-000000000000' }, version: '1.0.0' }], translations: { vscode: texts } };
  await writeFile(path.join(userData, 'languagepacks.json'), JSON.stringify({ [locale]: pack }));
}

/**
 * Starts code-server on a folder. Returns its address and `close()`.
 * `userData` and `extensions` are its own folders, so that nothing of the person's VS Code is touched.
 */
export async function startCodeServer({ folder, userData, extensions, port = 0, env = {}, locale }) {
  const chosen = await freePort(port);
  const args = [entry, '--auth', 'none', '--bind-addr', `127.0.0.1:${chosen}`, '--disable-telemetry', '--disable-update-check'];
  args.push('--disable-workspace-trust', '--disable-getting-started-override');
  if (locale) args.push('--locale', locale);
  args.push('--user-data-dir', userData, '--extensions-dir', extensions, folder);
  const child = spawn(nodeProgram, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...serverEnv(), ...env }, detached: true });
  const log = createWriteStream(path.join(userData, 'server.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let end;
  const closed = new Promise((resolve) =>
    child.once('exit', (code, signal) => {
      end = `exit ${code ?? signal}, see ${path.join(userData, 'server.log')}`;
      resolve();
    }),
  );
  // Whatever ends this program, the server and all that it started end with it.
  process.once('exit', () => !end && process.kill(-child.pid, 'SIGKILL'));
  const url = `http://127.0.0.1:${chosen}/?folder=${encodeURIComponent(folder)}`;
  const close = async () => {
    // The server starts the extension host and that the engines: the whole group has to go.
    if (!end) process.kill(-child.pid, 'SIGTERM');
    const patience = setTimeout(() => !end && process.kill(-child.pid, 'SIGKILL'), 5000);
    await closed;
    clearTimeout(patience);
  };
  try {
    await waitForPage(url, () => end);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, port: chosen, closed, close };
}

const systemBrowsers = {
  linux: ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge'],
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  win32: ['C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe', 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe'],
};

/** The full path of a program on the path, or undefined. */
export function which(name) {
  if (path.isAbsolute(name)) return existsSync(name) ? name : undefined;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  return folders.flatMap((folder) => endings.map((ending) => path.join(folder, name + ending))).find((file) => existsSync(file));
}

async function unbrotli(source, target) {
  await pipeline(createReadStream(source), createBrotliDecompress(), createWriteStream(`${target}.part`));
  await rename(`${target}.part`, target);
}

async function unpackTar(source, folder) {
  await mkdir(folder, { recursive: true });
  await unbrotli(source, `${folder}.tar`);
  await run('tar', ['-xf', `${folder}.tar`, '-C', folder], { quiet: true });
  await rm(`${folder}.tar`);
}

const fontsConfig = (folder) => `<?xml version="1.0"?>
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/font-cache</cachedir></fontconfig>
`;

/**
 * Unpacks the Chromium that npm brought, with the libraries and fonts that the package carries.
 * The package's own unpacking adds the libraries only on the cloud machines it is made for.
 */
async function npmChromium() {
  const source = path.join(root, 'node_modules/@sparticuz/chromium');
  const { version: packed } = JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8'));
  const folder = path.join(cache, `chromium-${packed}`);
  const program = path.join(folder, 'chromium');
  if (!existsSync(path.join(folder, 'unpacked'))) {
    await step('Unpacking Chromium from npm (once)', async () => {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await unbrotli(path.join(source, 'bin/chromium.br'), program);
      await chmod(program, 0o755);
      for (const part of ['al2023', 'fonts', 'swiftshader']) await unpackTar(path.join(source, `bin/${part}.tar.br`), path.join(folder, part));
      await writeFile(path.join(folder, 'fonts.conf'), fontsConfig(folder));
      await writeFile(path.join(folder, 'unpacked'), packed);
    });
  }
  const libraries = [path.join(folder, 'al2023/lib'), path.join(folder, 'swiftshader'), process.env.LD_LIBRARY_PATH];
  const env = { ...process.env, LD_LIBRARY_PATH: libraries.filter(Boolean).join(':') };
  if (!existsSync('/etc/fonts/fonts.conf')) env.FONTCONFIG_FILE = path.join(folder, 'fonts.conf');
  return { program, env, note: 'the Chromium from npm' };
}

/** A browser: the one that CHROME names, an installed Chrome or Chromium, else the one from npm (Linux x64). */
export async function findBrowser() {
  if (process.env.CHROME) return { program: process.env.CHROME, env: process.env, note: 'the browser that CHROME names' };
  const installed = (systemBrowsers[process.platform] ?? []).map(which).find(Boolean);
  if (installed) return { program: installed, env: process.env, note: installed };
  if (process.platform === 'linux' && process.arch === 'x64') return npmChromium();
  throw new Error('No browser found. Install Chrome or Chromium, or name one in the environment variable CHROME.');
}

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-zygote', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--font-render-hinting=none',
];

/** Opens a headless browser with playwright. */
export async function openBrowser() {
  const { chromium } = await import('playwright-core');
  const { program, env } = await findBrowser();
  return chromium.launch({ executablePath: program, env, headless: true, args: flags });
}
