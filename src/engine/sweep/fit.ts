import { availableParallelism, freemem } from 'node:os';
import * as l10n from '@vscode/l10n';
import { mebibytes } from '../units';
import { UserError } from '../userError';
import type { SweepRecord } from './record';

/** Of a process that trains, without the step itself: Node, ONNX Runtime and the graphs of a small network, measured 240 MB. */
const PROCESS_BYTES = 256 * 2 ** 20;
/** The rest of the machine wants to live. */
const SHARE = 0.9;
/** A training shares its batches among all cores; what is left for another one grows with them. */
const CORES_EACH = 4;

/** Bytes that new processes may take, a container's limit respected. */
export function freeMemory(): number {
  return process.availableMemory?.() ?? freemem();
}

/**
 * How many trainings of a sweep run side by side: as many as are wished, else one for every four cores and no more than fit
 * into memory. Two trainings on two cores would take turns on what one of them uses already, and finish no sooner.
 *
 * @throws UserError when more are wished than there is memory for
 */
export function sideBySide(record: SweepRecord, wish: number | undefined, free = freeMemory(), cores = availableParallelism()): number {
  const needs = record.entries
    .filter(({ state }) => state !== 'finished' && state !== 'skipped')
    .map(({ setting }) => PROCESS_BYTES + record.settings[setting]!.memory)
    .sort((a, b) => b - a);
  const sum = (count: number): number => needs.slice(0, count).reduce((all, need) => all + need, 0);
  let fits = 1;
  while (fits < needs.length && sum(fits + 1) <= SHARE * free) fits++;
  const count = Math.min(wish ?? record.parallel ?? Math.max(1, Math.floor(cores / CORES_EACH)), Math.max(1, needs.length));
  if (count <= fits) return count;
  if (wish === undefined && record.parallel === undefined) return fits;
  if (sum(1) > SHARE * free) throw new UserError(l10n.t('A single training would take about {0}, and {1} of memory are free. Make the network or train.batch_size smaller, or close other programs.', mebibytes(sum(1)), mebibytes(free)));
  throw new UserError(
    l10n.t('{0} trainings side by side would take about {1}, and {2} of memory are free. Let {3} run at a time (sweep.parallel, --parallel {3}), or close other programs.', count, mebibytes(sum(count)), mebibytes(free), fits),
  );
}
