import { createHash } from 'node:crypto';
import { userInfo } from 'node:os';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { MetricRow, RunState } from '../../protocol';
import type { Config } from '../config/schema';
import { pairOf } from '../model/spec';
import { flatten } from '../runs/flat';
import type { RunRecord } from '../runs/files';
import { cleanKey, keysOf, LONGEST, metricValue, shortened, type Metric, type Pair } from './limits';
import type { DatasetInput, RunStatus } from './mlflow';

/** What of a run MLflow is told, as it wants to hear it. Nothing here reads a file or asks a server. */

/** By this tag a run is found again when what was written of its sending is lost. */
export const ID_TAG = 'vitlab.id';

/** The same for a run wherever its folder is, and for no other. */
export function identityOf(run: string, { created, name, seed }: Pick<RunRecord, 'created' | 'name' | 'seed'>): string {
  return createHash('sha256').update([path.basename(run), created, name, seed].join('\n')).digest('hex').slice(0, 32);
}

export interface Described<T> {
  readonly values: readonly T[];
  /** What was cut short, for people. */
  readonly notes: readonly string[];
}

/** The whole configuration, one parameter a key, and the number of weights. Who is told of the run is none of it. */
export function paramsOf(config: Config, { params }: Pick<RunRecord, 'params'>, longest: number = LONGEST.param): Described<Pair> {
  const { tracking: _, sweep: __, $schema: ___, ...shaping } = config;
  const all = [...flatten(shaping), ['parameters', String(params)] as const];
  const keyFor = keysOf();
  const notes: string[] = [];
  const values = all.filter(([, text]) => text !== undefined).map(([name, text]) => {
    const { value, cut } = shortened(text, longest);
    if (cut) notes.push(l10n.t('{0} has {1} characters; MLflow keeps {2} of a parameter. The whole is in config/config.yaml.', name, text.length, longest));
    return { key: keyFor(name), value };
  });
  return { values, notes };
}

/** Where, with what and from which revision it was trained, and what the user adds. MLflow's own tags make its columns. */
export function tagsOf(run: string, record: RunRecord, own: Readonly<Record<string, string>>, parent?: string): readonly Pair[] {
  const { git, version, engine, node, platform, machine, dataset, sweep, start } = record;
  const all: Record<string, string | undefined> = {
    'mlflow.source.name': 'vit-lab',
    'mlflow.source.type': 'LOCAL',
    'mlflow.user': userName(),
    'mlflow.source.git.commit': git ?? undefined,
    'mlflow.parentRunId': parent,
    'mlflow.note.content': noteOf(record),
    [ID_TAG]: identityOf(run, record),
    'vitlab.run': path.basename(run),
    'vitlab.version': version,
    'vitlab.engine': engine.label,
    'vitlab.node': node,
    'vitlab.platform': platform,
    'vitlab.processor': machine?.processor,
    'vitlab.cores': machine && String(machine.cores),
    'vitlab.dataset': dataset.name,
    'vitlab.dataset.fingerprint': dataset.fingerprint,
    'vitlab.sweep': sweep,
    'vitlab.start': start?.path,
    ...own,
  };
  return pairs(all);
}

/** What MLflow's page shows as the description of the run, in Markdown. */
function noteOf({ version, dataset: { name, classes, sizes: { train, val, test } }, params, epochs }: RunRecord): string {
  return [
    l10n.t('Trained by ViT Lab {0} on {1}: {2} classes, {3} training, {4} validation and {5} test images; {6} parameters, at most {7} epochs.', version, plain(name), classes.length, train, val, test, params, epochs),
    l10n.t('Among the artifacts: the whole configuration in `config/`, the test class by class in `evaluation/`, pictures in `figures/`, every measured value in `metrics/metrics.jsonl`, the best weights in `checkpoints/`.'),
  ].join('\n\n');
}

/** A name is text, whatever Markdown would make of it. */
function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#!|]/g, '\\$&').replaceAll(/\s+/g, ' ');
}

export function pairs(all: Readonly<Record<string, string | undefined>>): readonly Pair[] {
  return Object.entries(all).flatMap(([name, text]) => (text ? [{ key: cleanKey(name), value: shortened(text, LONGEST.tag).value }] : []));
}

/** As MLflow's own client names who runs it. */
export function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // A user without a name, as in some containers.
    return undefined;
  }
}

/** The images, their splits and classes, as an input of the run. */
export function datasetOf({ dataset }: RunRecord, config: Config): DatasetInput {
  const { name, format, path: place, fingerprint, classes, sizes } = dataset;
  const [height, width] = pairOf(config.image.size);
  const features = [{ name: 'images', type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, height, width, config.image.channels] } }];
  return {
    name: name.slice(0, 500),
    digest: fingerprint.slice(0, LONGEST.digest) || '0',
    source_type: 'local',
    source: JSON.stringify({ uri: place === '' ? `generated:${format}` : place }),
    schema: shortened(JSON.stringify({ mlflow_tensorspec: { features: JSON.stringify(features), targets: null } }), 65_000).value,
    profile: JSON.stringify({ train: sizes.train, val: sizes.val, test: sizes.test, classes: classes.length, format }),
  };
}

/** A value that is to be sent, with the name that it has in the run. */
export type Named = Metric & { readonly name: string };

/** What is not on the server yet, by the last step of each metric that is. */
export function newMetrics(rows: readonly MetricRow[], { created, steps, keyFor }: { readonly created: string; readonly steps: Readonly<Record<string, number>>; readonly keyFor: (name: string) => string }): readonly Named[] {
  const reached: Record<string, number> = { ...steps };
  const start = Date.parse(created);
  const metrics: Named[] = [];
  for (const { step, time, values } of rows) {
    for (const [name, value] of Object.entries(values)) {
      const key = keyFor(name);
      // A run that was resumed writes again what it had written: the same values at the same steps.
      if (step <= (reached[name] ?? -Infinity)) continue;
      reached[name] = step;
      metrics.push({ name, key, value: metricValue(value), timestamp: Math.round(start + time * 1000), step });
    }
  }
  return metrics;
}

export function statusOf(state: RunState): RunStatus {
  switch (state) {
    case 'running':
      return 'RUNNING';
    case 'finished':
      return 'FINISHED';
    case 'failed':
      return 'FAILED';
    case 'stopped':
    case 'interrupted':
      return 'KILLED';
  }
}
