import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { EngineApi, TrackingAccess } from '../../protocol';
import type { Server } from '../../rpc';
import { rasterised } from '../pictures/rasterise';
import { UserError } from '../userError';
import { applied, changeSweep } from './change';
import { sideBySide } from './fit';
import { leadSweep } from './lead';
import { listSweeps, sweepResults, sweepSummary } from './list';
import { sweepPicture } from './picture';
import { processTrainer } from './processTrainer';
import { readSweep } from './record';
import { createSweep, openSweep, planSweep, writeResults } from './sweep';

type SweepRequests = Pick<EngineApi, 'createSweep' | 'leadSweep' | 'changeSweep' | 'listSweeps' | 'readSweep' | 'drawSweep'>;

export interface Sweeps {
  readonly api: Server<SweepRequests>;
  /** Checkpoints what is trained and resolves when that is done. */
  close(): Promise<void>;
}

export interface SweepsOptions {
  readonly engineFile: string;
  readonly log: (line: string) => void;
  readonly access: () => TrackingAccess;
  /** Nothing of a sweep is trained here any more: it is done, or was paused. */
  readonly onEnd: (folder: string) => Promise<void>;
}

/** What this process answers about sweeps. It leads one at a time; its trainings run in processes of their own. */
export function createSweeps({ engineFile, log, access, onEnd }: SweepsOptions): Sweeps {
  let led: { readonly folder: string; readonly stop: AbortController; readonly done: Promise<unknown> } | undefined;

  const lead: Server<SweepRequests>['leadSweep'] = async ({ folder, parallel }, call) => {
    if (led) throw new UserError(l10n.t('This window already runs the sweep in {0}. Pause it first, or wait until it ends.', led.folder));
    const { folder: place, record } = await openSweep(folder);
    const count = sideBySide(record, parallel);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, call.signal]);
    const trainer = processTrainer({ file: engineFile, onLog: log, access });
    const done = leadSweep(place, trainer, { parallel: count, signal, onChange: (_, trial) => call.progress({ trial }) });
    led = { folder: place, stop, done };
    try {
      call.progress({ parallel: count });
      return { done: await done };
    } finally {
      led = undefined;
      void onEnd(place);
    }
  };

  return {
    api: {
      async createSweep({ config, runs, set }, call) {
        const record = await planSweep(config, set ?? [], (done, of) => call.progress({ done, of }), log);
        call.signal.throwIfAborted();
        const { folder } = await createSweep(record, runs);
        return sweepSummary(folder);
      },
      leadSweep: lead,
      async changeSweep({ folder, change }) {
        const record = await changeSweep(folder, (before) => applied(before, change));
        // The order of what waits is in no table.
        if (change.type === 'skip' || change.type === 'retry') await writeResults(path.resolve(folder), record);
        return sweepSummary(folder, record);
      },
      listSweeps: ({ runs }) => listSweeps(runs),
      readSweep: ({ folder }) => sweepResults(folder),
      async drawSweep({ folder, as, metric }) {
        const svg = sweepPicture(await readSweep(path.resolve(folder)), metric);
        return as === 'svg' ? { bytes: new TextEncoder().encode(svg), lettered: true } : rasterised(svg).then(({ png, lettered }) => ({ bytes: png, lettered }));
      },
    },
    async close() {
      led?.stop.abort();
      await led?.done.catch(() => undefined);
    },
  };
}
