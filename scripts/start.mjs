// `npm start`: installs, builds, writes a sample workspace and opens it in VS Code with the extension.
//   --port N     the browser VS Code listens there      --folder DIR   open this folder instead of the sample
//   --browser    use the browser VS Code even where a desktop one is found
//   --check      only see that it starts and answers, then end (for tests)
import { mkdir, rm, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { run, step } from './progress.mjs';
import { asProgram, cache, nodeProgram, projectEnv, root } from './setup.mjs';

const usage = 'npm start -- [--port N] [--folder DIR] [--browser] [--check]';

function readOptions() {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, folder: { type: 'string' }, browser: { type: 'boolean' }, check: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const port = values.port === undefined ? 0 : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError(`--port ${values.port} is no port number`);
  return { ...values, port };
}

/** The folder to open: the named one, or the sample workspace, written when it is not there yet. */
async function workspace(named) {
  if (named) {
    const folder = path.resolve(process.env.INIT_CWD ?? process.cwd(), named);
    if (!existsSync(folder)) throw new Error(`There is no folder ${folder}`);
    return folder;
  }
  const sample = path.join(root, 'sample-workspace');
  if (!existsSync(sample))
    await step('Writing the sample workspace', () => run(nodeProgram, ['dist/cli.js', 'init', sample], { quiet: true, cwd: root }));
  return sample;
}

/** The source tree counts as installed when a link in the extensions folder leads to it. */
async function linkExtension(extensions) {
  await mkdir(extensions, { recursive: true });
  const link = path.join(extensions, 'vit-lab');
  await rm(link, { recursive: true, force: true });
  await symlink(root, link, 'junction');
}

/** Settings of the person's own VS Code here: it opens the sample's README first and asks nothing about trust. */
const startSettings = {
  'workbench.startupEditor': 'readme',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'security.workspace.trust.enabled': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'git.openRepositoryInParentFolders': 'never',
  'chat.disableAIFeatures': true,
  'files.simpleDialog.enable': true,
  // Any server of this machine would be announced, as if it came with the workspace.
  'remote.autoForwardPorts': false,
};

async function startInBrowser(folder, options) {
  const { installCodeServer, startCodeServer, which, writeSettings } = await import('./vscode-browser.mjs');
  await installCodeServer();
  const base = path.join(cache, options.check ? 'start-check' : 'start');
  const userData = path.join(base, 'user');
  const extensions = path.join(base, 'extensions');
  if (!existsSync(path.join(userData, 'User/settings.json'))) await writeSettings(userData, startSettings);
  await linkExtension(extensions);
  const server = await step('Starting VS Code in the browser', () => startCodeServer({ folder, userData, extensions, port: options.port }));
  if (options.check) {
    await server.close();
    console.log(`VS Code answered at ${server.url}`);
    return;
  }
  console.log(`\n  VS Code with ViT Lab:  ${server.url}\n\n  Open this address in a browser. Ctrl-C ends it.`);
  const opener = { darwin: 'open', linux: process.env.DISPLAY && which('xdg-open') }[process.platform];
  if (opener) await run(opener, [server.url], { quiet: true }).catch(() => console.log('  (The browser did not open by itself.)'));
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      stopping = true;
      void server.close();
    });
  await server.closed;
  if (!stopping) throw new Error('VS Code in the browser ended by itself; run npm start again.');
}

async function main() {
  const options = readOptions();
  if (options.help) return void console.log(usage);
  await step('Building', () => run(nodeProgram, ['scripts/build.mjs'], { quiet: true, cwd: root, env: projectEnv() }));
  const folder = await workspace(options.folder);
  const { which } = await import('./vscode-browser.mjs');
  const desktop = options.browser || options.check ? undefined : which('code');
  if (!desktop) return startInBrowser(folder, options);
  console.log(`Opening ${folder} in the desktop VS Code`);
  await run(desktop, ['--new-window', `--extensionDevelopmentPath=${root}`, folder], { shell: process.platform === 'win32' });
}

await asProgram(import.meta.url, main);
