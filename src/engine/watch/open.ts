import type { MetricRow, RunEvent } from '../../protocol';
import { loadCheckpoint } from '../checkpoint';
import { weightsOf } from '../compile/executor';
import { initParams } from '../model/params';
import { readMetrics, resolveCheckpoint } from '../runStore';
import type { TensorMap } from '../tensors';
import type { TrainPoint } from '../trainer';
import { createWatcher, type Watched, type Watcher } from './watcher';

type Opened = Omit<Watched, 'rows' | 'since' | 'emit'> & { readonly from?: TrainPoint };

/** The watcher of a training, with what a run that goes on has measured so far and the weights of its last whole epoch. */
export async function openWatcher(opened: Opened, emit: (event: RunEvent) => void): Promise<Watcher> {
  const { writer, from } = opened;
  if (!from) return createWatcher({ ...opened, rows: [], emit }, null);
  const rows: readonly MetricRow[] = await readMetrics(writer.path);
  return createWatcher({ ...opened, rows, since: from.state.step, emit }, await weightsBefore(opened, from));
}

/** Null where they are not kept any more: the update of the epoch under way is then left out. */
async function weightsBefore({ writer, spec, config }: Opened, { epoch, stepInEpoch, state }: TrainPoint): Promise<TensorMap | null> {
  if (stepInEpoch === 0) return weightsOf(state);
  if (epoch === 0) return config.finetune?.from === undefined ? initParams(spec, config.seed) : null;
  return resolveCheckpoint(writer.path, `epoch-${epoch}`).then(loadCheckpoint).then(({ params }) => params, () => null);
}
