import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineApi, EngineEvents } from '../protocol';
import { serve, type Port } from '../rpc';
import type { Candidate } from './compile/executor';
import { isExhausted } from './compile/memory';
import { runSelfTest } from './compile/selfTestProcess';
import { SELF_TEST } from './compile/testProcess';
import { createEngine } from './engine';
import { speak } from './language';

/** The engine as a child process: `fork(…, {serialization: 'advanced'})`, with the parent's channel as port. */
async function main(): Promise<void> {
  // The host says which language; without a bundle it is English, whatever the system speaks.
  speak({ VITLAB_LANG: 'en', VITLAB_L10N: process.env['VITLAB_L10N'] }, path.join(__dirname, '../l10n'));
  const [, , task, backend, provider, precision] = process.argv;
  if (task === SELF_TEST) return runSelfTest({ backend, provider, precision } as Required<Candidate>);
  if (!process.send) {
    process.stderr.write(`${l10n.t('This is the engine of ViT Lab; the extension starts it. In a terminal, use vit-lab.')}\n`);
    process.exitCode = 2;
    return;
  }
  const engine = createEngine({
    emit: (name, value) => {
      emit(name, value);
      // The backend of this process is dead; the next request gets a new process.
      if (name === 'run' && 'type' in value && value.type === 'ended' && isExhausted()) setTimeout(() => process.exit(1), 200);
    },
    media: process.env['VITLAB_MEDIA'] ?? path.join(__dirname, '../media/sample'),
  });
  const emit = serve<EngineApi, EngineEvents>(parentPort(), engine.api);

  // Nobody trains on unseen: when the parent goes or the system asks, the training stops with a checkpoint.
  let leaving: Promise<void> | undefined;
  const leave = (): Promise<void> => (leaving ??= engine.close().finally(() => process.exit(0)));
  process.once('disconnect', () => void leave());
  process.once('SIGTERM', () => void leave());
  process.once('SIGINT', () => void leave());
  const die = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
    emit('log', { level: 'error', message: text });
    // The last words need a turn to leave the process.
    setTimeout(() => process.exit(1), 50);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

function parentPort(): Port {
  return {
    // A parent that is gone hears nothing; `disconnect` is on its way and ends this process.
    send: (message) => void (process.connected && process.send?.(message)),
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.once('disconnect', () => listener(l10n.t('The extension has gone.'))),
  };
}

void main();
