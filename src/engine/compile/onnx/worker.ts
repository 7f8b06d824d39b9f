import * as path from 'node:path';
import { parentPort } from 'node:worker_threads';
import { serve, type Port } from '../../../rpc';
import { speak } from '../../language';
import type { OnnxApi } from './api';
import { onnxServer } from './server';

/** The thread of ONNX Runtime. */
function main(): void {
  speak(process.env, path.join(__dirname, '../l10n'));
  const port: Port = {
    send: (message) => parentPort?.postMessage(message),
    onMessage: (listener) => void parentPort?.on('message', listener),
    onClose: (listener) => void parentPort?.once('close', () => listener('closed')),
  };
  serve<OnnxApi>(port, onnxServer());
}

main();
