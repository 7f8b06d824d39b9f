import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Operations of a graph, and the bytes that they write. */
export interface GraphSize {
  readonly operations: number;
  readonly bytes: number;
}

/** One side of a comparison: a process that keeps a network ready and computes when it is asked, a line for a line. */
export interface Side {
  readonly label: string;
  /** Milliseconds of each of n repetitions, one right after the other. */
  run(n: number): Promise<readonly number[]>;
  /** Peak resident memory of the process so far, in bytes. */
  peak(): Promise<number>;
  /** Of the compiled training step; only our side has one. */
  graph(): Promise<GraphSize>;
  end(): void;
}

interface Answer {
  readonly label?: string;
  readonly ms?: readonly number[];
  readonly peak?: number;
  readonly graph?: GraphSize;
  readonly error?: string;
}

/**
 * Starts a side and waits until it is ready.
 *
 * @throws Error with the side's own words when it cannot do the workload here
 */
export async function openSide(command: string, args: readonly string[], job: unknown, env: Readonly<Record<string, string>> = {}): Promise<Side> {
  const child = spawn(command, [...args, JSON.stringify(job)], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const ask = conversation(child);
  const { label } = await ask(null);
  if (label === undefined) throw new Error('It did not say what it is');
  return {
    label,
    run: async (n) => (await ask({ run: n })).ms ?? [],
    peak: async () => (await ask({ peak: true })).peak ?? NaN,
    graph: async () => (await ask({ graph: true })).graph ?? { operations: NaN, bytes: NaN },
    end: () => void child.kill('SIGKILL'),
  };
}

/** Sends a line (the first question is the start itself) and waits for the line that answers it, or for the end. */
function conversation(child: ChildProcess): (question: unknown) => Promise<Answer> {
  const errors: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  child.stdin?.on('error', () => undefined);
  let settle: (answer: Answer) => void = () => undefined;
  let ended: Answer | undefined;
  const failed = (reason: string): void => {
    ended ??= { error: `${reason}\n${errors.join('').trim().split('\n').slice(-3).join('\n')}`.trim() };
    settle(ended);
  };
  child.once('error', (error) => failed(error.message));
  child.once('exit', (code, signal) => failed(`It ended with ${String(signal ?? code)}`));
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      // Libraries print, too; answers are lines of JSON.
      if (line.startsWith('{')) settle(JSON.parse(line) as Answer);
    });
  return async (question) => {
    const answer = ended ? Promise.resolve(ended) : new Promise<Answer>((resolve) => (settle = resolve));
    if (question !== null) child.stdin?.write(`${JSON.stringify(question)}\n`);
    const found = await answer;
    if (found.error !== undefined) throw new Error(found.error);
    return found;
  };
}
