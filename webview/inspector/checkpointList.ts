import * as l10n from '@vscode/l10n';
import type { CheckpointInfo, InspectorState } from '../../src/protocol';
import { el } from '../dom';
import { baseName, checkpointName } from './words';

/** The entry of a probe image: its newest frame. */
export const probeValue = (image: number): string => `probe:${String(image)}`;

/** The newest frame of the probe image that an entry stands for; null for a checkpoint. */
export function probeFrame(state: InspectorState | null, value: string): string | null {
  const image = /^probe:(\d+)$/.exec(value)?.[1];
  return image === undefined ? null : (state?.probe?.images[Number(image)]?.frames.at(-1)?.path ?? null);
}

/** Checkpoints under the name of their run, before them the probe images of the one that is looked into. */
export function checkpointOptions({ checkpoints, probe }: InspectorState, withProbe = true): readonly HTMLElement[] {
  const images = (withProbe ? (probe?.images ?? []) : []).map(({ source }, i) => el('option', { value: probeValue(i) }, l10n.t('Probe image {0}, epoch by epoch', baseName(source))));
  const runs = new Map<string, CheckpointInfo[]>();
  for (const checkpoint of checkpoints) runs.set(checkpoint.run, [...(runs.get(checkpoint.run) ?? []), checkpoint]);
  return [
    ...(images.length > 0 && !runs.has(probe?.run ?? '') ? images : []),
    ...[...runs.values()].map((group) =>
      el(
        'optgroup',
        { label: group[0]?.runName ?? '' },
        ...(group[0]?.run === probe?.run ? images : []),
        ...group.map((checkpoint) => el('option', { value: checkpoint.path }, checkpointName(checkpoint))),
      ),
    ),
  ];
}
