import * as l10n from '@vscode/l10n';
import type { AttentionDirection, CheckpointInfo, RolloutView } from '../../src/protocol';
import { isFromWithin } from '../../src/epochs';
import { percent } from '../numbers';
import { largest } from './maps';
import { patchOf, type Bounds, type Head, type Join, type Tab } from './place';

/** Row and column of a patch, counted from 1 as on paper. */
export function coordinates(patch: number, columns: number): string {
  return `(${String(Math.floor(patch / columns) + 1)},${String((patch % columns) + 1)})`;
}

export function tokenName(token: number, bounds: Bounds, prefix: readonly string[]): string {
  const patch = patchOf(token, bounds);
  if (patch === null) return prefix[token] ?? l10n.t('token {0}', token);
  return l10n.t('patch {0}', coordinates(patch, bounds.columns));
}

export function headName(head: Head): string {
  switch (head) {
    case 'mean':
      return l10n.t('mean of the heads');
    case 'max':
      return l10n.t('largest of the heads');
    case 'min':
      return l10n.t('smallest of the heads');
    default:
      return l10n.t('head {0}', head + 1);
  }
}

export function joinName(join: Join): string {
  return { mean: l10n.t('Mean'), max: l10n.t('Max'), min: l10n.t('Min') }[join];
}

/** "Layer 4, head 2, from patch (3,5): 61 % on (3,5), (3,6)": the fewest patches, up to three, that hold most of it. */
export function attentionSummary(
  weights: Float32Array,
  { query, direction }: { readonly query: number; readonly direction: AttentionDirection },
  map: { readonly layer: number; readonly head: Head },
  bounds: Bounds,
  prefix: readonly string[],
): string {
  const top = largest(weights, 3);
  const sum = direction === 'from' ? 1 : weights.reduce((a, b) => a + b, 0) || 1;
  const half = top.findIndex((_, i) => share(top, i + 1) / sum >= 0.5);
  const few = top.slice(0, half < 0 ? top.length : half + 1);
  const names = few.map(({ token }) => {
    const patch = patchOf(token, bounds);
    return patch === null ? (prefix[token] ?? String(token)) : coordinates(patch, bounds.columns);
  });
  const about = [map.layer + 1, headName(map.head), tokenName(query, bounds, prefix), percent(share(few, few.length) / sum), names.join(', ')];
  return direction === 'from' ? l10n.t('Layer {0}, {1}, from {2}: {3} on {4}', ...about) : l10n.t('Layer {0}, {1}, to {2}: {3} of it from {4}', ...about);
}

function share(ranked: readonly { readonly weight: number }[], count: number): number {
  return ranked.slice(0, count).reduce((sum, { weight }) => sum + weight, 0);
}

export function tabName(tab: Tab): string {
  switch (tab) {
    case 'flow':
      return l10n.t('Flow');
    case 'attention':
      return l10n.t('Attention');
    case 'rollout':
      return l10n.t('Rollout');
    case 'explain':
      return l10n.t('Explain');
    case 'position':
      return l10n.t('Position');
    case 'features':
      return l10n.t('Features');
    case 'patches':
      return l10n.t('Patches');
  }
}

export function rolloutFrom(from: RolloutView['from']): string {
  switch (from) {
    case 'class token':
      return l10n.t('from the class token');
    case 'mean of patches':
      return l10n.t('mean over all patches (this model has no class token)');
    case 'patch':
      return l10n.t('from the chosen patch');
    case 'other token':
      return l10n.t('from the chosen token');
  }
}

export function baseName(path: string): string {
  return path.split(/[\\/]/).pop() ?? path;
}

export function checkpointName(checkpoint: CheckpointInfo): string {
  const marks = [checkpoint.best ? l10n.t('best') : '', checkpoint.last ? l10n.t('last') : ''].filter(Boolean).join(', ');
  const top1 = checkpoint.metrics['val/top1'];
  const score = top1 === undefined ? '' : ` · ${percent(top1)}`;
  const epoch = isFromWithin(checkpoint.path) ? l10n.t('epoch {0}, step {1}', checkpoint.epoch, checkpoint.step) : l10n.t('epoch {0}', checkpoint.epoch);
  return `${checkpoint.runName} · ${checkpoint.scheme ?? epoch}${marks ? ` (${marks})` : ''}${score}`;
}
