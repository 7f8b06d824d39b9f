// Steps that say what they do, how long it took and, while they last, what they wait for. Needs nothing but Node 20.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

/** Runs `work` under a heading; after every ten silent seconds says that it still waits. */
export async function step(what, work) {
  const started = Date.now();
  console.log(`▸ ${what}`);
  const heartbeat = setInterval(() => console.log(`  … ${what}: ${seconds(started)} so far`), 10_000);
  try {
    const result = await work();
    console.log(`  ✓ ${what} (${seconds(started)})`);
    return result;
  } catch (error) {
    console.log(`  ✗ ${what} (${seconds(started)})`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/** A command that failed: carries what it printed, so that nothing is hidden when it ran quietly. */
export class CommandError extends Error {
  constructor(command, code, output) {
    super(`${command} ended with ${code}`);
    this.output = output;
  }
}

/** Runs a program to its end. `quiet` keeps its output for the error; otherwise it goes to the terminal. */
export async function run(command, args, { quiet = false, ...options } = {}) {
  const child = spawn(command, args, { stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit', ...options });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  const [code, signal] = await once(child, 'close');
  const text = Buffer.concat(output).toString();
  if (code !== 0) throw new CommandError([command, ...args].join(' '), code ?? signal, text);
  return text;
}

/** Prints an error the way a person wants it: what failed, then what it said; a stack only for our own mistakes. */
export function report(error) {
  if (error instanceof CommandError) console.error(`${error.output}\n${error.message}`);
  else console.error(error instanceof Error ? (error.stack ?? error.message) : error);
}
