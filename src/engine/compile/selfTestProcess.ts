import type { BackendName, Provider } from '../config/schema';
import { openBackend, reasonOf } from './backends';
import { selfTest, type Verdict } from './selfTest';

/** Tries a candidate in this process, which was started for it, and sends the verdict to whoever started it. */
export async function runSelfTest(backend: BackendName, provider: Provider): Promise<void> {
  const verdict = await verdictHere(backend, provider);
  process.send?.(verdict, () => process.exit(0));
}

async function verdictHere(backend: BackendName, provider: Provider): Promise<Verdict> {
  try {
    const reference = await openBackend(backend === 'onnx' && provider === 'cpu' ? 'cpu' : 'onnx', { provider: 'cpu' });
    return await selfTest(await openBackend(backend, { provider, untested: true }), reference);
  } catch (error) {
    return { works: false, reason: reasonOf(error) };
  }
}
