import * as l10n from '@vscode/l10n';
import type { ModelFacts, Plan, PlanSizes } from '../../src/protocol';
import { button, enable } from '../button';
import { el, fill, setAttribute, setText, show } from '../dom';
import { bytes, compact, integer } from '../numbers';
import { choice, slider, type Control } from './controls';
import type { Part } from './hero';
import { deepest, headCounts, patchSides, planOf, positionKinds, widths } from './plan';
import { attends, type Model, type Session } from './session';
import { seesByConvolutions } from './traits';

/** Sliders of a network that is not trained yet, and what it would cost beside the one that is looked at. */
export function createPlan(session: Session): Part {
  const change = (part: Partial<PlanSizes>): void => session.act({ type: 'set', change: { plan: { ...session.model().place.plan, ...part } } });
  const sides = { current: [1] as readonly number[] };
  const patch = steps(l10n.t('Patch P'), () => sides.current, (value) => change({ patch: value }));
  const width = steps(l10n.t('Width D'), () => widths, (value) => change({ width: value }));
  const depth = steps(l10n.t('Blocks L'), () => Array.from({ length: deepest }, (_, i) => i + 1), (value) => change({ depth: value }));
  const heads = steps(l10n.t('Heads H'), () => headCounts, (value) => change({ heads: value }));
  const kind = choice(l10n.t('Positions'), positionKinds.map((one) => [one, one] as const), (value) => change({ posEmbed: value }));
  const table = el('table', { class: 'facts plan-table' });
  const problem = el('p', { class: 'problem', role: 'status' });
  const yaml = el('pre', { class: 'formula' });
  const said = el('span', { class: 'caption', role: 'status' });
  const copy = button(l10n.t('Copy as a Configuration'), () => void navigator.clipboard.writeText(yaml.textContent ?? '').then(() => setText(said, l10n.t('Copied.')), () => setText(said, l10n.t('This could not be copied: the clipboard was refused. Open “The configuration” below, select the text and copy it from there.'))));
  const back = button(l10n.t('As the Network Above'), () => session.act({ type: 'set', change: { plan: null } }));
  const intro = el('p');
  const element = el(
    'section',
    {},
    el('h3', {}, l10n.t('What if? A network that is not trained yet')),
    intro,
    el('div', { class: 'controls plan-controls' }, patch.element, width.element, depth.element, heads.element, kind.element),
    problem,
    table,
    el('div', { class: 'row plan-row' }, copy, back, said),
    el('details', {}, el('summary', {}, l10n.t('The configuration')), yaml),
  );
  let drawn: Plan | null = null;
  let own: ModelFacts | null = null;
  const update = (model: Model): void => {
    const view = model.state?.view;
    show(element, Boolean(view && attends(view) && model.plan));
    if (!view || !model.plan) return;
    const plan = planOf(model.place, view);
    const words = wordsOf(seesByConvolutions(view.model));
    setText(intro, words.intro);
    if (patch.name) setText(patch.name, words.patch);
    sides.current = patchSides(view.model.imageSize);
    patch.set(plan.patch);
    width.set(plan.width);
    depth.set(plan.depth);
    heads.set(plan.heads);
    kind.set(plan.posEmbed);
    if (drawn !== model.plan || own !== view.facts) {
      setText(problem, model.plan.problems.join(' '));
      fill(table, ...rowsOf(model.plan.facts, view.facts, words.count, plan.width));
      setText(yaml, model.plan.yaml);
      setText(said, '');
      enable(copy, model.plan.facts !== null);
    }
    [drawn, own] = [model.plan, view.facts];
  };
  return { element, update };
}

/** Behind convolutions a token is a place of their last map, and no patch was cut. */
function wordsOf(byConvolutions: boolean): { readonly intro: string; readonly patch: string; readonly count: string } {
  return byConvolutions
    ? {
        intro: l10n.t('Half the pixels from token to token make four times the tokens, and the matrix of attention sixteen times as large: move the sliders and watch the costs of one image.'),
        patch: l10n.t('Pixels from token to token'),
        count: l10n.t('Places of the last map, N'),
      }
    : {
        intro: l10n.t('Half the patch makes four times the tokens, and the matrix of attention sixteen times as large: move the sliders and watch the costs of one image.'),
        patch: l10n.t('Patch P'),
        count: l10n.t('Patches N = H·W / P²'),
      };
}

/** A slider over some values; one that is not among them stands at the nearest. */
function steps(label: string, values: () => readonly number[], onChange: (value: number) => void): Control<number> & { readonly name: HTMLElement | null } {
  const at = (index: number): number => values()[Math.min(values().length - 1, Math.max(0, Math.round(index)))] ?? 1;
  let own = 0;
  const made = slider(label, { max: 1, step: 1 }, () => String(own), (index) => {
    own = at(index);
    onChange(own);
  });
  const input = made.element.querySelector('input')!;
  return {
    element: made.element,
    name: made.element.querySelector<HTMLElement>('.field-name'),
    set(value) {
      const list = values();
      setAttribute(input, 'max', list.length - 1);
      own = value;
      const nearest = list.reduce((best, one, i) => (Math.abs(one - value) < Math.abs((list[best] ?? 0) - value) ? i : best), 0);
      setAttribute(input, 'aria-valuetext', String(value));
      made.set(nearest);
    },
  };
}

/** What is planned beside what is looked at. */
function rowsOf(plan: ModelFacts | null, own: ModelFacts, count: string, C: number): readonly HTMLElement[] {
  const [h, w] = plan?.patches ?? [0, 0];
  const numbers: readonly (readonly [string, (facts: ModelFacts) => string])[] = [
    [count, ({ patches: [rows, columns] }) => `${String(rows)}·${String(columns)} = ${integer(rows * columns)}`],
    [l10n.t('Tokens, those before the patches included'), ({ tokens }) => integer(tokens)],
    [l10n.t('Parameters'), ({ params }) => integer(params)],
    [l10n.t('Multiply-adds of one image'), ({ macs }) => compact(macs)],
    [l10n.t('Ω(MSA) = 4hwC² + 2(hw)²C, each block'), ({ omegaMsa }) => compact(omegaMsa)],
    [l10n.t('Memory to train with a batch'), ({ memory }) => `${bytes(memory.training)} (${String(memory.batch)})`],
  ];
  const heading = el('tr', {}, el('td'), el('th', { scope: 'col' }, l10n.t('Planned')), el('th', { scope: 'col' }, l10n.t('This network')));
  const body = numbers.map(([label, write]) => el('tr', {}, el('th', { scope: 'row' }, label), el('td', {}, plan ? write(plan) : '–'), el('td', {}, write(own))));
  const hw = `${String(h)}·${String(w)}`;
  const worked = plan && el('tr', {}, el('td'), el('td', { class: 'caption', colspan: 2 }, `4·${hw}·${String(C)}² + 2·(${hw})²·${String(C)} = ${integer(plan.omegaMsa)}`));
  return [heading, ...body, ...(worked ? [worked] : [])];
}
