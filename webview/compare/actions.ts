import * as l10n from '@vscode/l10n';
import { copyText } from '../clipboard';
import { toCsv, toTsv } from '../csv';
import { el, setText } from '../dom';
import type { ChartView } from './chart';
import { chartPicture, chartRows, pngOf } from './picture';
import type { Drawn } from './repetitions';
import type { Group } from './series';

/** What a chart shows now, and how to give it away. */
export interface Given {
  readonly title: string;
  readonly group: Group;
  readonly runs: readonly Drawn[];
  readonly view: ChartView;
}

export interface ActionEvents {
  readonly onPicture: (name: string, kind: 'png' | 'svg', bytes: Uint8Array) => Promise<unknown>;
  readonly onCsv: (name: string, csv: string) => Promise<unknown>;
  readonly call: (work: Promise<unknown>) => void;
}

/** Buttons of a chart: as a picture, as numbers. They show where the pointer or the focus is. */
export function createActions(given: () => Given | null, { onPicture, onCsv, call }: ActionEvents): HTMLElement {
  const act = (label: string, explained: string, work: (now: Given, button: HTMLElement) => Promise<unknown>): HTMLElement => {
    const button: HTMLElement = el('button', { type: 'button', class: 'link', title: explained, 'aria-label': explained, onclick: () => {
      const now = given();
      if (now) call(work(now, button));
    } }, label);
    return button;
  };
  const picture = ({ title, group, runs, view }: Given) => chartPicture(title, group, runs, view, { background: '#ffffff', text: '#333333' });
  return el(
    'span',
    { class: 'chart-actions' },
    act('PNG', l10n.t('Save this chart as PNG'), async (now) => onPicture(fileName(now.title), 'png', await pngOf(picture(now)))),
    act('SVG', l10n.t('Save this chart as SVG'), (now) => onPicture(fileName(now.title), 'svg', new TextEncoder().encode(picture(now).svg))),
    act('CSV', l10n.t('Save the values of this chart as CSV'), (now) => onCsv(fileName(now.title), toCsv(chartRows(now.group, now.runs, now.view)))),
    act(l10n.t('Copy'), l10n.t('Copy the values of this chart'), async (now, button) => {
      await copyText(toTsv(chartRows(now.group, now.runs, now.view)));
      setText(button, l10n.t('Copied'));
      setTimeout(() => setText(button, l10n.t('Copy')), 1500);
    }),
  );
}

function fileName(title: string): string {
  return title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').toLowerCase() || 'chart';
}
