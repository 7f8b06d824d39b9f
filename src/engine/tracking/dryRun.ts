import type { TrackReport } from '../../trackingProtocol';
import type { Looker } from '../looking';
import { readRecord } from '../runs/files';
import { isSame, readSent } from '../runs/tracking';
import { readMetrics, readRunConfig } from '../runStore';
import type { Server } from './access';
import { artifactsOf, bestCheckpoint } from './artifacts';
import { newMetrics, paramsOf, tagsOf } from './content';
import { keysOf } from './limits';
import { pageOf } from './mlflow';

/** What would be sent of a run. Nothing is asked of the server, and nothing written. */
export async function dryRun(run: string, { server, experiment, again, looker }: { readonly server: Server; readonly experiment: string; readonly again?: boolean; readonly looker: Looker }): Promise<TrackReport> {
  const record = await readRecord(run);
  const config = await readRunConfig(run, record);
  const sent = again ? undefined : (await readSent(run)).find((one) => isSame(one, { uri: server.uri, experiment }));
  const metrics = newMetrics(await readMetrics(run), { created: record.created, steps: sent?.steps ?? {}, keyFor: keysOf() });
  const params = paramsOf(config, record);
  const all = await artifactsOf(run, config, looker);
  const best = (config.tracking.mlflow?.model ?? true) ? await bestCheckpoint(run) : null;
  // A graph holds the weights, and little else.
  const model = best && sent?.artifacts['model'] !== best.stamp ? [{ path: 'model/model.onnx', bytes: 4 * record.params }] : [];
  return {
    run,
    uri: server.uri,
    experiment,
    ...(sent && { runId: sent.runId, url: pageOf(server.uri, sent.experimentId, sent.runId) }),
    params: sent?.described ? 0 : params.values.length,
    metrics: metrics.length,
    tags: sent ? 0 : tagsOf(run, record, config.tracking.mlflow?.tags ?? {}).length,
    artifacts: [...all.filter(({ path, stamp }) => sent?.artifacts[path] !== stamp).map(({ path, bytes }) => ({ path, bytes })), ...model],
    known: { metrics: Object.keys(sent?.steps ?? {}).length, artifacts: Object.keys(sent?.artifacts ?? {}).length },
    notes: params.notes,
  };
}
