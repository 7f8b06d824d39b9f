import * as path from 'node:path';
import type { EngineInfo } from '../../../protocol';
import { cacheFolder } from '../../cacheFolder';
import type { Executor } from '../executor';
import { addonOf, obstacle, type TensorFlowName } from '../machine';
import { createThread, type Thread } from '../thread';
import { threadExecutor } from '../threadExecutor';
import type { Precision, RuntimeOptions, TensorFlowApi } from './api';

/**
 * Whole steps as TensorFlow graphs, on the native library of an installed tfjs-node or tfjs-node-gpu. It is looked for
 * where the eager backend looks: in the folder that VITLAB_TFJS_NODE names, else where Node looks from here.
 *
 * @throws Error that says why it does not load
 */
export async function openTensorFlow(name: TensorFlowName, { precision }: { readonly precision: Precision }, rejected: EngineInfo['rejected'] = []): Promise<Executor> {
  const addon = addonOf(name);
  if (addon === undefined) throw new Error(obstacle({ backend: name }) ?? '?');
  const thread = startThread();
  const { version, gpu } = await thread.ask((api) => api.about({ addon }));
  const label = `${name} (${gpu ? 'GPU' : 'CPU'}), TensorFlow ${version}${precision === 'bf16' ? ', bfloat16' : ''}`;
  const folder = cacheFolder();
  const runtime = { addon, precision, ...(folder !== undefined && { cache: path.join(folder, 'graphs') }) };
  return { ...tensorFlowExecutor({ name, label, rejected }, thread, runtime), on: { backend: name, precision } };
}

/** Runs compiled graphs in the thread of TensorFlow. */
export function tensorFlowExecutor(info: EngineInfo, thread: Thread<TensorFlowApi>, runtime: RuntimeOptions): Executor {
  return threadExecutor<RuntimeOptions>(info, thread, runtime);
}

/** The library reads the environment of the process, which a thread only has a copy of: so it is set before. */
function startThread(): Thread<TensorFlowApi> {
  // TensorFlow's own notes about the processor would stand among a terminal's messages.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  return createThread<TensorFlowApi>('TensorFlow');
}
