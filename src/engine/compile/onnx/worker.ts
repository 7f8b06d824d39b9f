import * as path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { serve, type Port } from '../../../rpc';
import { speak } from '../../language';
import type { TensorFlowApi } from '../tensorflow/api';
import { tensorFlowServer } from '../tensorflow/server';
import type { ThreadJob } from '../thread';
import type { OnnxApi } from './api';
import { createLane, type LaneApi } from './lanes';
import { onnxServer } from './server';
import { buffersOf } from './transfer';

/** The thread of a native library, which the one who starts it names. */
function main(): void {
  speak(process.env, path.join(__dirname, '../l10n'));
  const { library, role } = workerData as ThreadJob;
  const tensorFlow = library === 'TensorFlow';
  const port: Port = {
    send: (message) => parentPort?.postMessage(message, tensorFlow ? [] : buffersOf(message)),
    onMessage: (listener) => void parentPort?.on('message', listener),
    onClose: (listener) => void parentPort?.once('close', () => listener('closed')),
  };
  if (tensorFlow) serve<TensorFlowApi>(port, tensorFlowServer());
  else if (role === 'lane') serve<LaneApi>(port, createLane());
  else serve<OnnxApi>(port, onnxServer());
}

main();
