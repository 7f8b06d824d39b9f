import * as l10n from '@vscode/l10n';
import type { MetricRow } from '../../../protocol';
import { duration, grouped, mebibytes, short } from '../../units';
import { caution, own, text, type Block, type Section } from '../document';
import type { Material, ReportRun } from '../material';
import { enumerated, NONE, percent } from '../words';

/** What it took. */
export function cost({ runs }: Material): Section {
  const table: Block = {
    kind: 'table',
    caption: l10n.t('Time is that of the training with its validations, pauses left out; images per second are training images over that time. Multiply-adds and memory are computed from the network; memory is of a training step, without what the engine takes for itself.'),
    head: [l10n.t('Run'), l10n.t('Time'), l10n.t('Per epoch'), l10n.t('Images per second'), l10n.t('Parameters'), l10n.t('Multiply-adds of an image'), l10n.t('Memory')],
    rows: runs.map(row),
    numbers: [1, 2, 3, 4, 5, 6],
  };
  const machines = new Map<string, string[]>();
  for (const { label, record } of runs) {
    if (!record) continue;
    const words = machineWords(record);
    machines.set(words, [...(machines.get(words) ?? []), label]);
  }
  return {
    id: 'cost',
    title: l10n.t('Cost'),
    blocks: [
      table,
      // Where there are several, it matters which run had which.
      ...[...machines].map(([words, labels]) => text(machines.size > 1 ? `${labels.join(', ')}: ${words}` : words)),
      ...(machines.size > 1 ? [text(l10n.t('Times of different machines or engines are not to be held against each other.'))] : []),
      ...beside(runs),
      text(l10n.t('Energy was not measured.')),
      own(l10n.t('whether the better result is worth what it costs')),
    ],
  };
}

/** From this share of the processor on, what other programs took is told of a run. */
const TAKEN = 0.1;

/** What else the machine did meanwhile, as far as it was recorded: times of a busy machine are not those of the training. */
function beside(runs: readonly ReportRun[]): Block[] {
  const shares = runs.map(({ label, rows }) => ({ label, share: takenByOthers(rows) }));
  const busy = shares.flatMap(({ label, share }) => (share !== null && share >= TAKEN ? [l10n.t('{0} ({1})', label, percent(share))] : []));
  const unknown = shares.flatMap(({ label, share }) => (share === null ? [label] : []));
  return [
    ...(busy.length === 0 ? [] : [caution(l10n.t('Other programs took a part of the processor meanwhile, so that these times are longer than the training needs, and not to be held against others. The share that they took: {0}.', enumerated(busy)))]),
    ...(unknown.length === 0 ? [] : [text(unknown.length === runs.length ? l10n.t('What else the machine did meanwhile was not recorded.') : l10n.t('What else the machine did meanwhile was not recorded for {0}.', enumerated(unknown)))]),
  ];
}

function takenByOthers(rows: readonly MetricRow[]): number | null {
  const samples = rows.flatMap(({ values }) => {
    const [all, own] = [values['system/cpu_utilization_percentage'], values['system/process_cpu_utilization_percentage']];
    return all === undefined || own === undefined ? [] : [Math.max(0, all - own) / 100];
  });
  return samples.length === 0 ? null : samples.reduce((sum, share) => sum + share, 0) / samples.length;
}

function row({ label, record, facts }: ReportRun): string[] {
  const seconds = record?.seconds ?? 0;
  const images = record ? record.step * (record.steps > 0 ? (record.epochs * record.dataset.sizes.train) / record.steps : 0) : 0;
  // As far as it came, also within an epoch; what ended in its first has none to tell the time of.
  const reached = record && record.steps > 0 ? (record.step * record.epochs) / record.steps : 0;
  const epochs = reached >= 1 ? reached : 0;
  return [
    label, seconds > 0 ? duration(seconds) : NONE, epochs > 0 && seconds > 0 ? duration(seconds / epochs) : NONE, seconds > 0 && images > 0 ? grouped(Math.round(images / seconds)) : NONE,
    record ? grouped(record.params) : NONE, facts ? short(facts.macs) : NONE, facts ? mebibytes(facts.memory.training) : NONE,
  ];
}

function machineWords({ machine, platform, engine }: NonNullable<ReportRun['record']>): string {
  const where = machine ? l10n.t('{0} with {1} cores', machine.processor, machine.cores) : l10n.t('a machine that was not recorded');
  return l10n.t('Trained on {0} ({1}), computed by {2}.', where, platform, engine.label);
}
