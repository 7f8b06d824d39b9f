// Makes a fresh clone ready: installs the packages and moves on to the Node that VS Code has.
// Runs on Node 20 with nothing installed, so it imports nothing but Node itself and progress.mjs.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { report, run, step } from './progress.mjs';

export const root = path.resolve(fileURLToPath(import.meta.url), '../..');
export const cache = path.join(root, '.cache');

const inRoot = (...parts) => path.join(root, ...parts);
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const stamp = path.join(cache, 'install.stamp');
const isWindows = process.platform === 'win32';

/** The pinned Node's folder and program, as the npm package `node` unpacks them. */
export const nodeFolder = inRoot('node_modules/node/bin');
export const nodeProgram = path.join(nodeFolder, isWindows ? 'node.exe' : 'node');

/** The environment in which the pinned Node and the project's programs come first on the path. */
export function projectEnv(extra = {}) {
  const folders = [nodeFolder, inRoot('node_modules/.bin'), process.env.PATH ?? ''];
  return { ...process.env, PATH: folders.join(path.delimiter), ...extra };
}

/** How to call npm: through the program that called us where npm did, else by its name. */
export function npmCommand(args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return [process.execPath, [script, ...args]];
  return [isWindows ? 'npm.cmd' : 'npm', args];
}

function lockHash() {
  const lock = readFileSync(inRoot('package-lock.json'));
  return createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex');
}

/** Whether node_modules holds what the lock file asks for, as npm's own record in there tells it. */
function installedMatchesLock() {
  const record = inRoot('node_modules/.package-lock.json');
  if (!existsSync(record) || !existsSync(nodeProgram)) return false;
  const there = json(record).packages;
  const wanted = Object.entries(json(inRoot('package-lock.json')).packages);
  return wanted.every(([name, entry]) => name === '' || entry.optional || entry.peer || there[name]?.version === entry.version);
}

function isFresh() {
  const known = existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash();
  return known && existsSync(nodeProgram);
}

function writeStamp() {
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, lockHash());
}

/** Names the optional packages that did not install here, in one line. Their absence is normal. */
function mentionOptional() {
  const optional = Object.keys(json(inRoot('package.json')).optionalDependencies ?? {});
  const missing = optional.filter((name) => !existsSync(inRoot('node_modules', name)));
  if (missing.length > 0) console.log(`  optional accelerators not installed: ${missing.join(', ')} (training runs without them)`);
}

/** Installs when node_modules is missing or stale. */
export async function ensureInstalled() {
  if (isFresh()) return;
  if (!installedMatchesLock())
    await step('Installing packages (npm ci)', () => {
      const [command, args] = npmCommand(['ci', '--no-progress', '--loglevel=error']);
      return run(command, args, { quiet: true, cwd: root });
    });
  mentionOptional();
  writeStamp();
}

/** True when this process already is the pinned Node. */
export function isPinned() {
  const pinned = json(inRoot('package.json')).devDependencies.node;
  return process.versions.node === pinned;
}

/** A script that is a program: `enter`, then `work`; what fails is reported, and told by the exit code. */
export async function asProgram(script, work) {
  try {
    await enter(script);
    await work();
  } catch (error) {
    report(error);
    process.exitCode = 1;
  }
}

/** Installs what is missing, then, under another Node than the pinned one, runs the same script again under that one. */
export async function enter(script) {
  await ensureInstalled();
  if (isPinned()) {
    process.env.PATH = projectEnv().PATH;
    // Ended from outside, it leaves through `exit`, where what it started is ended too.
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.listenerCount(signal) === 0 && process.exit(130));
    return;
  }
  const child = spawn(nodeProgram, [fileURLToPath(script), ...process.argv.slice(2)], { stdio: 'inherit', env: projectEnv() });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  process.exit(code);
}
