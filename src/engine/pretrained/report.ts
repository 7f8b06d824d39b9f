import * as l10n from '@vscode/l10n';
import type { MappingReport } from '../../protocol';
import type { TensorMap } from '../tensors';
import { UserError } from '../userError';
import type { Reason } from '../weights/schemes/rewrite';

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** Why a tensor of a file is not needed. */
export function describeReason(reason: Reason): string {
  switch (reason) {
    case 'pretraining':
      return l10n.t('only for its pretraining');
    case 'decoder':
      return l10n.t('the decoder of its pretraining');
    case 'pooler':
      return l10n.t('a pooler that classifying does not use');
    case 'text':
      return l10n.t('the text side');
    case 'pre_logits':
      return l10n.t('a layer before an old head, which fine-tuning drops; a head that was trained behind it gives other logits');
    case 'constant':
      return l10n.t('numbers that are no weights');
  }
}

/** What was done to a tensor, in words. */
export function describeChange(change: string): string {
  switch (change) {
    case 'transposed':
      return l10n.t('transposed');
    case 'reshaped':
      return l10n.t('reshaped');
    case 'joined':
      return l10n.t('joined');
    case 'split':
      return l10n.t('cut out');
    case 'folded':
      return l10n.t('position added');
    case 'added':
      return l10n.t('zeros');
    case 'grey':
      return l10n.t('summed over the colours');
    default:
      return change;
  }
}

/** A mapping report as lines of text, as the terminal and the extension show it. */
export function reportLines(report: MappingReport): readonly string[] {
  const { matched, converted, resized, missing, unexpected, replaced } = report;
  const refused = unexpected.filter(({ reason }) => reason === undefined);
  const ignored = unexpected.filter(({ reason }) => reason !== undefined);
  return [
    l10n.t('{0}: {1} tensors as they are, {2} converted, {3} resized, {4} missing, {5} unexpected, {6} not needed', report.scheme, matched.length, converted.length, resized.length, missing.length, refused.length, ignored.length),
    ...summaries(converted.map(({ name, how }) => ({ name, how: how.map(describeChange).join(', ') }))),
    ...resized.map(({ name, from, to, how }) => `  ${name} ${shapeText(from)} → ${shapeText(to)}: ${how}`),
    ...replaced.map(({ name, to, how }) => `  ${name} ${shapeText(to)}: ${how}`),
    ...missing.map(({ name, shape }) => `  ${name} ${shapeText(shape)}: ${l10n.t('missing')}`),
    ...refused.map(({ name, shape }) => `  ${name} ${shapeText(shape)}: ${l10n.t('unexpected')}`),
    ...notNeeded(ignored),
  ];
}

/** Names that fit a line; a decoder has hundreds. */
const NAMED = 3;

function notNeeded(rows: MappingReport['unexpected']): string[] {
  const reasons = new Set(rows.map(({ reason }) => reason!));
  return [...reasons].map((reason) => {
    const same = rows.filter((row) => row.reason === reason);
    const names = same.slice(0, NAMED).map(({ name }) => name).join(', ');
    return `  ${same.length > NAMED ? l10n.t('{0} and {1} more', names, same.length - NAMED) : names}: ${l10n.t('not needed: {0}', reason)}`;
  });
}

/** The blocks' tensors are told once for all blocks. */
function summaries(rows: readonly { readonly name: string; readonly how: string }[]): string[] {
  const counts = new Map<string, number>();
  for (const { name, how } of rows) {
    const line = `  ${name.replace(/^blocks\.\d+\./, 'blocks.*.')}: ${how}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count > 1 ? `${line} (${count})` : line));
}

/** @throws UserError naming the tensors whose numbers are none: nothing that is computed with them is one */
export function refuseNonFinite(file: string, params: TensorMap): void {
  const bad = [...params].filter(([, { data }]) => !finite(data)).map(([name]) => name);
  if (bad.length > 0) throw new UserError(l10n.t('{0} has numbers that are none (NaN or infinite) in {1}. The training that made it diverged, or the file is damaged.', file, bad.length > 5 ? l10n.t('{0} and {1} more', bad.slice(0, 5).join(', '), bad.length - 5) : bad.join(', ')), { file });
}

/** A loop, as this is asked of every number of a network: a callback for each takes ten times as long. */
function finite(data: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0;
  return sum === 0;
}

/** More than that is missing from no network that one would want to go on with. */
const PARTIAL = 0.5;

/** Refuses weights that do not fit, with everything that does not. */
export function refuseUnfit(file: string, { missing, unexpected, matched, converted, resized }: MappingReport, unfit: readonly string[]): void {
  const refused = unexpected.filter(({ reason }) => reason === undefined);
  const faults = [
    ...unfit,
    ...missing.map(({ name, shape }) => l10n.t('{0} {1} is missing', name, shapeText(shape))),
    ...refused.map(({ name, shape }) => l10n.t('{0} {1} does not belong to the network', name, shapeText(shape))),
  ];
  if (faults.length === 0) return;
  const shown = [...faults.slice(0, 30), ...(faults.length > 30 ? [l10n.t('… and {0} more', faults.length - 30)] : [])];
  const useful = matched.length + converted.length + resized.length > PARTIAL * (matched.length + converted.length + resized.length + missing.length);
  const partial = unfit.length === 0 && useful;
  throw new UserError([partial ? l10n.t('The tensors of {0} do not fit the network. `vit-lab import` with --partial leaves out what does not belong and draws what is missing anew:', file) : l10n.t('The tensors of {0} are of another network:', file), ...shown.map((fault) => `- ${fault}`)].join('\n'), { file });
}
