import * as l10n from '@vscode/l10n';
import type { ComparedRun } from '../../src/protocol';
import { el, show } from '../dom';
import { createChart, type Chart, type ChartEvents, type ChartView } from './chart';
import { strokeOf } from './palette';
import { detailGroups, type Group } from './series';

const titles: Readonly<Record<string, () => string>> = {
  'classes/loss': () => l10n.t('Loss of each class on the validation images'),
  'classes/predicted': () => l10n.t('Share of the validation images taken for each class'),
  'layers/weight_norm': () => l10n.t('Norm of the weights of each layer'),
  'layers/update_norm': () => l10n.t('Norm of the change of each layer in an epoch'),
  'heads/entropy': () => l10n.t('Attention entropy of each head (nats)'),
  'heads/distance': () => l10n.t('Mean attention distance of each head (pixels)'),
  'system/cpu_utilization_percentage': () => l10n.t('Processor: share of all cores (%)'),
  'system/process_cpu_utilization_percentage': () => l10n.t('Processor: share that the training takes (%)'),
  'system/system_memory_usage_megabytes': () => l10n.t('Memory of the machine in use (MB)'),
  'system/system_memory_usage_percentage': () => l10n.t('Memory of the machine in use (%)'),
  'system/process_memory_usage_megabytes': () => l10n.t('Memory of the training (MB)'),
  'system/step_data_milliseconds': () => l10n.t('A step waits for its images (ms)'),
  'system/step_compute_milliseconds': () => l10n.t('A step computes (ms)'),
};

/** Of a GPU, whose number is in the name. */
function titleOf(name: string): string {
  const [, index, what] = /^system\/gpu_(\d+)_(.+)$/.exec(name) ?? [];
  return index === undefined ? (titles[name]?.() ?? name) : l10n.t('GPU {0}: {1}', index, what!.replaceAll('_', ' '));
}

/**
 * Charts of what there is one of for each class, layer and head, and of the machine: many lines each, so they are folded away until somebody
 * wants them, and drawn only then. A single run's lines have colours of their own; several keep those of the runs.
 */
export function createDetails(events: ChartEvents): { readonly element: HTMLElement; readonly update: (runs: readonly ComparedRun[], view: ChartView & { readonly light: boolean }) => void; readonly onOpen: (listener: () => void) => void } {
  const made = new Map<string, Chart>();
  const charts = el('div', { class: 'charts' });
  const element = el('details', { class: 'more' }, el('summary', {}, l10n.t('Classes, layers, heads and machine')), charts);
  const update = (runs: readonly ComparedRun[], view: ChartView & { readonly light: boolean }): void => {
    const groups = detailGroups(runs);
    show(element, groups.length > 0);
    if (!element.open) return;
    const names = new Set(groups.map(keyOf));
    for (const [key, chart] of made) {
      if (names.has(key)) continue;
      chart.destroy();
      chart.element.remove();
      made.delete(key);
    }
    for (const group of groups) {
      const key = keyOf(group);
      const chart = made.get(key) ?? createChart(group, titleOf(group.name), events);
      made.set(key, chart);
      charts.append(chart.element);
      const lineStroke = runs.length === 1 ? (metric: string) => strokeOfLine(group, metric, view.light) : undefined;
      chart.update(runs, { ...view, smoothing: 0, ...(lineStroke && { lineStroke }) });
    }
  };
  return { element, update, onOpen: (listener) => element.addEventListener('toggle', listener) };
}

function keyOf(group: Group): string {
  return `${group.name}:${group.metrics.join()}`;
}

/** Of heads the colour is the layer's and the dashes are the head's. */
function strokeOfLine(group: Group, metric: string, light: boolean) {
  const [, layer, head] = /\/(\d+)\.(\d+)$/.exec(metric) ?? [];
  if (layer === undefined || head === undefined) return strokeOf(Math.max(0, group.metrics.indexOf(metric)), light);
  return { colour: strokeOf(Number(layer) - 1, light).colour, dash: strokeOf(Number(head) - 1, light).dash };
}
