import * as l10n from '@vscode/l10n';
import { startEngine, type EngineDeath } from '../../enginePort';
import type { EngineApi, EngineEvents, RunEvent, TrackingAccess } from '../../protocol';
import { connect, type CallOptions, type Client } from '../../rpc';
import type { Trainer } from './lead';

type Ended = Extract<RunEvent, { type: 'ended' }>;

export interface ProcessTrainerOptions {
  /** The engine's bundle. */
  readonly file: string;
  readonly onEvent?: (event: RunEvent) => void;
  /** What the processes print and log, line by line. */
  readonly onLog?: (line: string) => void;
  /** Where each of them sends its run, as this process was told. */
  readonly access?: () => TrackingAccess;
}

/**
 * Trains each run in a process of its own, so that several go on side by side and one that dies takes no other with it.
 * Every process may use all cores, whatever trains beside it: threads then share a batch in the same way, and a run is the
 * same bit for bit as one that trained alone.
 */
export function processTrainer(options: ProcessTrainerOptions): Trainer {
  return {
    start: ({ config, runs, set, sweep }, onRun, signal) => inProcess(options, signal, onRun, (client, call) => client.startTraining({ config, runs, set, ...(sweep !== undefined && { sweep }) }, call)),
    resume: (run, signal) => inProcess(options, signal, () => Promise.resolve(), (client, call) => client.resumeTraining({ run }, call)),
  };
}

type Begin = (client: Client<EngineApi>, call: CallOptions) => Promise<{ readonly run: string }>;

async function inProcess({ file, onEvent, onLog, access }: ProcessTrainerOptions, signal: AbortSignal, onRun: (run: string) => Promise<void>, begin: Begin): Promise<Ended> {
  const engine = startEngine({ file, nodePath: undefined, env: {}, onLine: (line) => onLog?.(line), describeDeath });
  let run = '';
  let settle: (ended: Ended) => void = () => undefined;
  const ended = new Promise<Ended>((resolve) => (settle = resolve));
  const client = connect<EngineApi>(engine.port, (name, value) => {
    // The engine is our own code at the other end of `EngineEvents`.
    if (name === 'log') onLog?.((value as EngineEvents['log']).message);
    if (name !== 'run') return;
    const event = value as RunEvent;
    onEvent?.(event);
    if (event.type === 'ended') settle(event);
  });
  engine.port.onClose((message) => settle({ type: 'ended', run, reason: 'error', message, metrics: {} }));
  const stop = (): void => void client.stopTraining({ run }).catch(() => undefined);
  try {
    if (access) await client.useTracking(access());
    ({ run } = await begin(client, { signal, onProgress: (event) => onEvent?.(event as RunEvent) }));
    await onRun(run);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const end = await ended;
    // What of the run is still to be sent goes before its process does.
    await client.settleTracking({ run }).catch(() => undefined);
    return end;
  } finally {
    signal.removeEventListener('abort', stop);
    engine.end();
  }
}

function describeDeath(death: EngineDeath): string {
  switch (death.kind) {
    case 'signal':
      return l10n.t('The process of this training was ended by the signal {0}. It may have taken more memory than there is; it can go on from its last checkpoint.', death.signal);
    case 'exit':
      return l10n.t('The process of this training ended unexpectedly with code {0}; it can go on from its last checkpoint.', death.code);
    case 'failed to start':
      return l10n.t('The process of this training could not be started: {0}', death.reason);
  }
}
