import { value, type Graph } from '../graph';
import { emitOnnx } from './emit';
import { openSession } from './runtime';

/**
 * Whether a session opens on a provider: one on the smallest of graphs. A driver that was removed, or a device that is
 * gone, shows here, before anything relies on it.
 */
export async function probe(provider: string): Promise<void> {
  const session = await openSession(emitOnnx(negation()), { provider, threads: 1 });
  await session.release();
}

function negation(): Graph {
  const [x, y] = [value('float32', [1]), value('float32', [1])];
  return { inputs: [{ name: 'x', value: x }], outputs: [{ name: 'y', value: y }], constants: new Map(), nodes: [{ op: 'Neg', inputs: [x], outputs: [y], attrs: {} }] };
}
