import { once } from 'node:events';
import { openBackend } from './backends';
import type { Candidate } from './executor';
import { reasonOf } from './reason';
import { selfTest, type Verdict } from './selfTest';
import type { TestMessage } from './testProcess';

/** Tries a candidate in this process, which was started for it, and sends the verdict to whoever started it. */
export async function runSelfTest(candidate: Required<Candidate>): Promise<void> {
  // Nobody is left who would read the verdict.
  process.once('disconnect', () => process.exit(1));
  send({ type: 'verdict', verdict: await verdictHere(candidate) }, () => process.exit(0));
}

async function verdictHere({ backend, provider, precision }: Required<Candidate>): Promise<Verdict> {
  try {
    const reference = await openBackend(backend === 'onnx' && provider === 'cpu' ? 'cpu' : 'onnx', { provider: 'cpu' });
    return await selfTest(await openBackend(backend, { provider, precision, untested: true }), reference, { precision, quiet });
  } catch (error) {
    return { works: false, reason: reasonOf(error) };
  }
}

/** Waits until whoever started the test lets it measure. */
async function quiet(): Promise<void> {
  const answered = once(process, 'message');
  send({ type: 'measuring' });
  await answered;
}

function send(message: TestMessage, done = (): void => undefined): void {
  process.send?.(message, done);
}
