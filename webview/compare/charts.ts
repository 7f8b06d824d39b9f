import { el } from '../dom';
import { createActions, type ActionEvents, type Given } from './actions';
import { createChart, type Chart, type ChartEvents, type ChartView } from './chart';
import type { Drawn } from './repetitions';
import { groupMetrics } from './series';

/** The charts of the metrics, one for each kind; a chart stays while its metrics are there. */
export function createCharts(events: ChartEvents, actions: ActionEvents): { readonly element: HTMLElement; readonly update: (runs: readonly Drawn[], view: ChartView) => boolean } {
  const element = el('div', { class: 'charts' });
  const made = new Map<string, { readonly chart: Chart; given: Given }>();
  /** Returns whether a chart has curves of training and validation. */
  const update = (runs: readonly Drawn[], view: ChartView): boolean => {
    const groups = groupMetrics(runs).map((group) => ({ group, key: `${group.name}:${group.metrics.join()}` }));
    const wished = new Set(groups.map(({ key }) => key));
    for (const [key, { chart }] of made) {
      if (wished.has(key)) continue;
      chart.destroy();
      chart.element.remove();
      made.delete(key);
    }
    for (const [i, { group, key }] of groups.entries()) {
      const title = group.metrics.join(', ');
      const one = made.get(key) ?? { chart: createChart(group, title, events, createActions(() => made.get(key)?.given ?? null, actions)), given: { title, group, runs, view } };
      one.given = { title, group, runs, view };
      made.set(key, one);
      if (element.children[i] !== one.chart.element) element.insertBefore(one.chart.element, element.children[i] ?? null);
      one.chart.update(runs, view);
    }
    return groups.some(({ group }) => group.metrics.length > 1);
  };
  return { element, update };
}
