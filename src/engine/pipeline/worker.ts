import * as path from 'node:path';
import { parentPort } from 'node:worker_threads';
import { serve } from '../../rpc';
import { speak } from '../language';
import { batchServer, buffersOfBatch, type BatchApi } from './server';

/** A thread that decodes and augments. */
function main(): void {
  speak(process.env, path.join(__dirname, '../l10n'));
  serve<BatchApi>(
    {
      send: (message) => parentPort?.postMessage(message, buffersOfBatch(message)),
      onMessage: (listener) => void parentPort?.on('message', listener),
      onClose: (listener) => void parentPort?.once('close', () => listener('closed')),
    },
    batchServer(),
  );
}

main();
