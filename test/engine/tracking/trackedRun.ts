import { onTestFinished } from 'vitest';
import type { Config } from '../../../src/engine/config/schema';
import { configSchema } from '../../../src/engine/config/schema';
import { createRun, type RunWriter } from '../../../src/engine/runStore';
import { openHttp } from '../../../src/engine/tracking/http';
import { mlflowOver } from '../../../src/engine/tracking/mlflow';
import { openSender, type Sender, type SendOptions } from '../../../src/engine/tracking/send';
import type { MlflowCredentials } from '../../../src/trackingProtocol';
import { config, newRun, temporaryFolder } from '../runFixture';

export interface Made {
  readonly writer: RunWriter;
  readonly run: string;
}

/** A run under way, with so many rows of metrics. Its model is not sent unless a test wants it: a graph takes its time. */
export async function madeRun(rows: number, more: Partial<Config> = {}, runs = temporaryFolder()): Promise<Made> {
  const tracking = configSchema.parse({ tracking: { mlflow: { model: false } } }).tracking;
  const writer = await createRun(newRun(runs, { config: { ...config, tracking, ...more }, git: 'abc123' }));
  for (let step = 1; step <= rows; step++) await writer.event(rowAt(step));
  return { writer, run: writer.path };
}

export function rowAt(step: number): Parameters<RunWriter['event']>[0] {
  return { step, epoch: Math.ceil(step / 10), time: step / 2, values: { 'train/batch_loss': 1 / step, lr: 0.001 } };
}

export async function senderTo(uri: string, run: string, { credentials, timeout = 2000, ...options }: SendOptions & { readonly credentials?: MlflowCredentials; readonly timeout?: number } = {}): Promise<Sender> {
  const http = await openHttp({ server: { uri, ...(credentials && { credentials }) }, signal: new AbortController().signal, timeout });
  onTestFinished(() => http.close());
  const sender = await openSender(run, { server: http.server, experiment: 'e', api: mlflowOver(http) }, options);
  onTestFinished(() => sender.release());
  return sender;
}
