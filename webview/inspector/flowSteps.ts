import * as l10n from '@vscode/l10n';
import { el, fill, setAttribute, setText, show } from '../dom';
import { significant } from '../numbers';
import { flowPlace } from './askFlow';
import { coloursOf, paintMatrix } from './flowPaint';
import type { Part } from './hero';
import { plainColours } from './shown';
import { shownQuery } from './place';
import type { Model, Session } from './session';

/** Which block and which head: buttons, and the length of every token before and behind each block. */
export function createSteps(session: Session): Part {
  const blocks = numbers(l10n.t('Block'), (layer) => session.act({ type: 'set', change: { layer } }));
  const heads = numbers(l10n.t('Head'), (head) => session.act({ type: 'set', change: { head } }));
  const canvas = el('canvas', { class: 'flow-norms', role: 'img' });
  const caption = el('span', { class: 'caption' });
  const norms = el('div', { class: 'flow-norms-box' }, canvas, caption);
  const element = el('div', { class: 'flow-steps' }, blocks.element, heads.element, norms);
  canvas.addEventListener('click', (event) => {
    const { flow } = session.model();
    if (flow) session.act({ type: 'set', change: { layer: Math.max(0, Math.min(flow.facts.blocks - 1, Math.floor((event.offsetY / canvas.clientHeight) * flow.norms.rows) - 1)) } });
  });
  const update = (model: Model): void => {
    const { flow } = model;
    if (!flow) return;
    const at = flowPlace(model);
    blocks.update(flow.facts.blocks, at.block);
    heads.update(flow.facts.heads, at.head);
    show(heads.element, flow.facts.architecture === 'vit');
    show(norms, flow.norms.rows > 0);
    if (flow.norms.rows === 0) return;
    const max = flow.norms.values.reduce((a, b) => Math.max(a, b), 0);
    const token = shownQuery(model.place, model.hover, model.bounds);
    const [into, out] = [0, 1].map((i) => significant(flow.norms.values[(flow.block + i) * flow.norms.columns + token] ?? 0)) as [string, string];
    paintMatrix(canvas, flow.norms, { ...coloursOf({ min: 0, max }, plainColours(model.place.colours)), row: at.block + 1, rows: flow.norms.rows, cell: { row: at.block + 1, column: token } });
    setText(caption, l10n.t('‖x‖ of each token, block by block (0 … {0}); the chosen one {1} → {2}', significant(max), into, out));
    setAttribute(canvas, 'aria-label', caption.textContent ?? '');
  };
  return { element, update };
}

/** Numbers from 1, of which one is chosen. */
function numbers(label: string, choose: (at: number) => void): { readonly element: HTMLElement; update(count: number, chosen: number): void } {
  const list = el('div', { class: 'flow-numbers', role: 'radiogroup', 'aria-label': label });
  const element = el('div', { class: 'flow-choice' }, el('span', { class: 'field-name', 'aria-hidden': 'true' }, label), list);
  list.addEventListener('keydown', (event) => {
    const by = ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 } as const)[event.key];
    const at = [...list.children].indexOf(document.activeElement as Element);
    if (!by || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = list.children[(at + by + list.children.length) % list.children.length];
    if (!(next instanceof HTMLElement)) return;
    next.focus();
    next.click();
  });
  return {
    element,
    update(count, chosen) {
      if (list.children.length !== count) fill(list, ...Array.from({ length: count }, (_, i) => el('button', { type: 'button', role: 'radio', class: 'flow-number', onclick: () => choose(i) }, String(i + 1))));
      [...list.children].forEach((one, i) => {
        setAttribute(one, 'aria-checked', String(i === chosen));
        setAttribute(one, 'tabindex', i === chosen ? 0 : -1);
      });
    },
  };
}
