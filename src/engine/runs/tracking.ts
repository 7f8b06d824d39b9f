import * as path from 'node:path';
import { z } from 'zod';
import type { TrackingState } from '../../trackingProtocol';
import { disk, ensureFolder, writeFileAtomic } from '../atomic';
import { exists, readJson } from './files';

/** What of a run is on which tracking server. The run's own files are the queue: what is not marked here is still to be sent. */

const sentSchema = z.object({
  /** The server, without credentials, and the name of the experiment. */
  uri: z.string(),
  experiment: z.string(),
  experimentId: z.string(),
  runId: z.string(),
  artifactUri: z.string(),
  /** Parameters, tags and the dataset are there. */
  described: z.boolean(),
  /** By the name of a metric, the last step of it that is there. */
  steps: z.record(z.string(), z.number()),
  /** By the path of a file on the server, what it looked like when it was sent. */
  artifacts: z.record(z.string(), z.string()),
  /** A logged model that was made there, and of which checkpoint; its files may be on their way yet. */
  model: z.object({ stamp: z.string(), id: z.string(), artifactUri: z.string() }).optional(),
  /** What the server was told of how the run goes. */
  status: z.string(),
  /** Everything that the run had when it ended is there. */
  complete: z.boolean(),
  at: z.string().optional(),
  problem: z.string().optional(),
});

const schema = z.object({ format: z.literal(1), servers: z.array(sentSchema) });

export type Sent = z.output<typeof sentSchema>;

export const trackingFiles = {
  folder: (run: string) => path.join(run, 'tracking'),
  mlflow: (run: string) => path.join(run, 'tracking', 'mlflow.json'),
  tensorboard: (run: string) => path.join(run, 'tensorboard'),
} as const;

/** What was sent of a run or a sweep, server by server. */
export async function readSent(run: string): Promise<readonly Sent[]> {
  const file = trackingFiles.mlflow(run);
  return (await exists(file)) ? (await readJson(file, schema)).servers : [];
}

/** Keeps what one server has; those of others stay. */
export async function writeSent(run: string, sent: Sent): Promise<void> {
  const others = (await readSent(run)).filter((other) => !isSame(other, sent));
  await ensureFolder(trackingFiles.folder(run));
  await writeFileAtomic(trackingFiles.mlflow(run), `${JSON.stringify({ format: 1, servers: [...others, sent] }, null, 1)}\n`);
}

export function isSame(a: Pick<Sent, 'uri' | 'experiment'>, b: Pick<Sent, 'uri' | 'experiment'>): boolean {
  return a.uri === b.uri && a.experiment === b.experiment;
}

/** For lists of runs; nothing where nothing was sent, or what is written of it cannot be read. */
export async function trackingOf(run: string, running: boolean): Promise<TrackingState | undefined> {
  const stamp = await disk.stat(trackingFiles.mlflow(run)).then(({ mtimeMs }) => mtimeMs, () => undefined);
  if (stamp === undefined) return undefined;
  const newest = (await readSent(run).catch((): Sent[] => [])).at(-1);
  if (newest === undefined) return undefined;
  const { uri, experiment, experimentId, runId, complete, problem, at } = newest;
  return {
    uri,
    experiment,
    ...(runId !== '' && { url: `${uri}/#/experiments/${experimentId}/runs/${runId}` }),
    state: problem !== undefined ? 'waiting' : complete && !running ? 'sent' : running ? 'sending' : 'waiting',
    ...(at !== undefined && { at }),
    ...(problem !== undefined && { problem }),
  };
}
