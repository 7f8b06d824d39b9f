import type { Config } from '../config/schema';
import { rangesOf, roundsOf, seedsOf, settingsOf, type Setting } from './plan';
import type { Entry, SweepRecord } from './record';
import { isLoss, rowsOf } from './results';

/** The trainings of a round of some combinations: seed by seed, so that every combination has a result early. */
function entriesOf(settings: readonly number[], seeds: readonly number[], round: number, epochs: number): Entry[] {
  return seeds.flatMap((seed) => settings.map((setting) => ({ setting, seed, round, epochs, state: 'waiting' as const })));
}

/** What a sweep is to train, from its configuration. */
export function planned(config: Config): Pick<SweepRecord, 'monitor' | 'ranges' | 'eta' | 'rounds' | 'seeds' | 'entries'> & { readonly settings: readonly Setting[] } {
  const sweep = config.sweep!;
  const settings = settingsOf(sweep, config.seed);
  const [seeds, rounds] = [[...seedsOf(config)], [...roundsOf(sweep, config.train.epochs)]];
  const ranges = rangesOf(sweep);
  return { monitor: config.train.monitor, ...(ranges && { ranges }), eta: sweep.eta, rounds, seeds, settings, entries: entriesOf(settings.map((_, i) => i), seeds, 0, rounds[0]!) };
}

/** How many combinations each round is expected to have: all of them, then of `n` the best n / η. */
export function expectedRounds({ settings, rounds, eta }: Pick<SweepRecord, 'settings' | 'rounds' | 'eta'>): readonly { readonly epochs: number; readonly combinations: number }[] {
  let combinations = settings.length;
  return rounds.map((epochs, round) => {
    if (round > 0) combinations = survivors(combinations, eta);
    return { epochs, combinations };
  });
}

function survivors(combinations: number, eta: number): number {
  return Math.max(1, Math.floor(combinations / eta));
}

/**
 * The sweep with the trainings of the next round, when all of this one have ended and there is a next one: of `n`
 * combinations n / η go on, those with the best mean over their seeds. Else the sweep itself.
 */
export function advanced(record: SweepRecord): SweepRecord {
  const round = Math.max(...record.entries.map((entry) => entry.round));
  if (round + 1 >= record.rounds.length || record.entries.some(({ state }) => state === 'waiting' || state === 'running' || state === 'stopped')) return record;
  const sign = isLoss(record.monitor) ? 1 : -1;
  const rows = rowsOf(record).filter((row) => row.round === round && row.val !== undefined);
  const best = rows.sort((a, b) => sign * (a.val!.mean - b.val!.mean)).slice(0, survivors(rows.length, record.eta));
  if (best.length === 0) return record;
  return { ...record, entries: [...record.entries, ...entriesOf(best.map(({ setting }) => setting), record.seeds, round + 1, record.rounds[round + 1]!)] };
}

/** The places of those that wait, in the order in which they are trained. */
export function queueOf({ entries, queue }: SweepRecord): readonly number[] {
  const waiting = entries.flatMap(({ state }, i) => (state === 'waiting' ? [i] : []));
  const moved = queue.filter((index) => waiting.includes(index));
  return [...moved, ...waiting.filter((index) => !moved.includes(index))];
}

/** What is trained next, beside what is under way here: what was stopped in the middle goes on first. */
export function nextOf(record: SweepRecord, underWay: { has(index: number): boolean } = new Set()): number | undefined {
  const begun = record.entries.findIndex(({ state }, i) => (state === 'running' || state === 'stopped') && !underWay.has(i));
  return begun >= 0 ? begun : queueOf(record).find((index) => !underWay.has(index));
}

export function changed(record: SweepRecord, index: number, change: Partial<Entry>): SweepRecord {
  return { ...record, entries: record.entries.map((entry, i) => (i === index ? { ...entry, ...change } : entry)) };
}
