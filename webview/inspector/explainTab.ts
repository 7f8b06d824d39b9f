import * as l10n from '@vscode/l10n';
import { explanationMethods as methods, methodName } from '../../src/explanations';
import type { ExplanationMethod, ExplanationScore, ImageView } from '../../src/protocol';
import { button, enable } from '../button';
import { el, fill, setAttribute, setText, show } from '../dom';
import { paintHeatmap } from '../draw/heatmap';
import { axes, drawing, svg, toX, toY } from '../draw/svg';
import { fixed, percent } from '../numbers';
import { createFold, slider } from './controls';
import { canExplain, isKept, targetOf } from './explaining';
import type { Part } from './hero';
import type { Model, Session } from './session';
import { explanationMap } from './shown';
import { explanation } from './tabWords';
import { traitsOf, type Traits } from './traits';

/** Methods side by side on one class, or on two; the chosen one lies over the image. */
export function createExplainTab(session: Session, score: () => void): Part {
  const choose = (side: 'target' | 'against') => (index: number | null): void => session.act({ type: 'set', change: side === 'target' ? { target: index } : { against: index } });
  const target = classChoice(l10n.t('What speaks for'), null, choose('target'));
  const against = classChoice(l10n.t('and beside it for'), l10n.t('no second class'), choose('against'));
  const discard = slider(l10n.t('Discard the smallest weights'), { max: 0.95, step: 0.05 }, percent, (value) => session.act({ type: 'set', change: { discard: value } }));
  const tiles = methods.map((method) => createTile(session, method));
  const group = el('div', { class: 'methods', role: 'radiogroup', 'aria-label': l10n.t('Method') }, ...tiles.map((one) => one.element));
  const about = el('div', { class: 'about-method' });
  const scores = createScores(session, score);
  const headless = el('p', { class: 'without' }, l10n.t('This network has no head: it gives features, and no class whose reasons could be asked for.'));
  const kept = el('p', { class: 'without' }, l10n.t('A look that a training kept has attention and no weights, so that nothing can be explained by gradients. Choose a checkpoint of the run.'));
  const body = el('div', {}, el('div', { class: 'row' }, target.element, against.element, discard.element), group, about, scores.element);
  const fold = createFold((traits) => explanation('explain', traits));
  const element = el('div', {}, fold.element, headless, kept, body);
  group.addEventListener('keydown', (event) => chooseByKey(session, group, event));
  let told = '';
  const update = (model: Model): void => {
    fold.update(model);
    const view = model.state?.view;
    if (!view) return;
    show(headless, view.classes.length === 0);
    show(kept, isKept(model));
    show(body, canExplain(model));
    target.update(view, targetOf(model.place, view));
    against.update(view, model.place.against);
    discard.set(model.place.discard);
    for (const one of tiles) one.update(model);
    const traits = traitsOf(view);
    const key = `${model.place.method} ${String(traits.classToken)}`;
    if (told !== key) fill(about, ...aboutMethod(model.place.method, traits));
    told = key;
    scores.update(model);
  };
  return { element, update };
}

/** Classes, the most probable first. */
export function classChoice(label: string, none: string | null, onChange: (index: number | null) => void): { readonly element: HTMLElement; update(view: ImageView, chosen: number | null): void } {
  const select = el('select', { onchange: () => onChange(select.value === '' ? null : Number(select.value)) });
  let filled: ImageView | null = null;
  return {
    element: el('label', { class: 'field' }, el('span', { class: 'field-name' }, label), select),
    update(view, chosen) {
      if (filled !== view) {
        const order = [...view.classes.keys()].sort((a, b) => (view.probabilities[b] ?? 0) - (view.probabilities[a] ?? 0) || a - b);
        const options = order.map((index) => el('option', { value: index }, `${view.classes[index] ?? ''} (${percent(view.probabilities[index] ?? 0)})`));
        fill(select, ...(none === null ? [] : [el('option', { value: '' }, none)]), ...options);
        filled = view;
      }
      select.value = chosen === null ? '' : String(chosen);
    },
  };
}

function createTile(session: Session, method: ExplanationMethod): Part {
  const canvases = [el('canvas', { width: 1, height: 1 }), el('canvas', { width: 1, height: 1, class: 'second' })] as const;
  const caption = el('span', { class: 'caption' }, '\u00a0');
  const element = el(
    'div',
    { class: 'method', role: 'radio', tabindex: -1, 'data-method': method, onclick: () => session.act({ type: 'set', change: { method } }) },
    el('span', { class: 'fusion-name' }, methodName(method)),
    el('div', { class: 'pair' }, ...canvases),
    caption,
  );
  const update = (model: Model): void => {
    const chosen = model.place.method === method;
    setAttribute(element, 'aria-checked', String(chosen));
    setAttribute(element, 'tabindex', chosen ? 0 : -1);
    const seen = model.state?.view?.seen;
    const maps = [explanationMap(model, method, 'target'), explanationMap(model, method, 'against')];
    canvases.forEach((canvas, i) => {
      if (seen) canvas.style.aspectRatio = `${String(seen.width)} / ${String(seen.height)}`;
      const map = maps[i];
      if (map) paintHeatmap(canvas, map);
      canvas.classList.toggle('empty', !map);
    });
    show(canvases[1], model.place.against !== null);
    setText(caption, captionOf(model, method, Boolean(maps[0])));
  };
  return { element, update };
}

function captionOf(model: Model, method: ExplanationMethod, there: boolean): string {
  const score = model.scores?.find((one) => one.method === method);
  const always = method === 'attention' || method === 'rollout' ? l10n.t('the same for every class') : '';
  if (score) return [l10n.t('deletion {0}', fixed(score.deletionArea, 3)), l10n.t('insertion {0}', fixed(score.insertionArea, 3)), always].filter(Boolean).join('\n');
  if (!there && model.state?.standalone) return l10n.t('not computed when this page was saved: it needs ViT Lab');
  if (!there) return method === 'occlusion' && model.place.method !== 'occlusion' ? l10n.t('computed when it is chosen') : '…';
  return always || '\u00a0';
}

/** The button, the table and the curves of deletion and insertion. */
function createScores(session: Session, score: () => void): Part {
  const start = button(l10n.t('Measure the Methods'), score);
  const status = el('span', { class: 'caption', role: 'status' });
  const table = el('div', { class: 'scores' });
  const element = el(
    'section',
    {},
    el('h3', {}, l10n.t('Which method names the patches that count?')),
    el('p', {}, l10n.t('Deletion takes the patches away from the first to the last of a map: the lower the area under the probability of the class, the better. Insertion puts them into an empty image: the higher, the better. An empty patch has the mean colour. A random order is there to compare.')),
    el('div', { class: 'row' }, start, status),
    table,
  );
  let drawn: readonly ExplanationScore[] | null = null;
  let of: ExplanationMethod | null = null;
  const update = (model: Model): void => {
    const { scoring, scores, scoresMissing, place } = model;
    enable(start, scoring === null && !scoresMissing);
    setText(status, scoring ? l10n.t('{0} of {1} …', scoring.done + 1, scoring.of) : scoresMissing ? l10n.t('not measured when this page was saved: it needs ViT Lab') : '');
    show(table, scores !== null);
    if (scores && (drawn !== scores || of !== place.method)) fill(table, scoreTable(scores, session), ...figures(scores, place.method));
    [drawn, of] = [scores, place.method];
  };
  return { element, update };
}

function scoreTable(scores: readonly ExplanationScore[], session: Session): HTMLElement {
  const sorted = [...scores].sort((a, b) => b.insertionArea - b.deletionArea - (a.insertionArea - a.deletionArea));
  const best = { deletion: Math.min(...scores.map((one) => one.deletionArea)), insertion: Math.max(...scores.map((one) => one.insertionArea)) };
  const cell = (value: number, isBest: boolean): HTMLElement => el('td', { class: isBest ? 'number best' : 'number' }, fixed(value, 3));
  const rows = sorted.map(({ method, deletionArea, insertionArea }) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, method === 'random' ? l10n.t('Random order (mean of 3)') : el('button', { type: 'button', class: 'link', onclick: () => session.act({ type: 'set', change: { method } }) }, methodName(method))),
      cell(deletionArea, deletionArea === best.deletion),
      cell(insertionArea, insertionArea === best.insertion),
    ),
  );
  const heading = (text: string): HTMLElement => el('th', { scope: 'col', class: 'number' }, text);
  return el('table', { class: 'score-table' }, el('caption', { class: 'caption' }, l10n.t('In the order of insertion − deletion, the largest first.')), el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, l10n.t('Method')), heading(l10n.t('Deletion ↓')), heading(l10n.t('Insertion ↑')))), el('tbody', {}, ...rows));
}

function figures(scores: readonly ExplanationScore[], method: ExplanationMethod): HTMLElement[] {
  const chosen = scores.find((one) => one.method === method);
  const random = scores.find((one) => one.method === 'random');
  if (!chosen) return [];
  const points = (shares: Float32Array, values: Float32Array): string => Array.from(shares, (share, i) => `${toX(share).toFixed(1)},${toY(values[i] ?? 0).toFixed(1)}`).join(' ');
  const one = (name: string, x: string, pick: (score: ExplanationScore) => Float32Array, area: (score: ExplanationScore) => number): HTMLElement => {
    const words = `${name}, ${methodName(method)}: ${l10n.t('area {0}', fixed(area(chosen), 3))}${random ? ` (${l10n.t('random order {0}', fixed(area(random), 3))})` : ''}`;
    return el(
      'figure',
      { class: 'curve-figure' },
      drawing(
        words,
        axes(x, l10n.t('Probability of the class')),
        ...(random ? [svg('polyline', { class: 'curve random', points: points(random.shares, pick(random)) })] : []),
        svg('polyline', { class: 'curve', points: points(chosen.shares, pick(chosen)) }),
      ),
      el('figcaption', { class: 'caption' }, words),
    );
  };
  return [
    el(
      'div',
      { class: 'curves' },
      one(l10n.t('Deletion'), l10n.t('Share of the patches taken away'), (score) => score.deletion, (score) => score.deletionArea),
      one(l10n.t('Insertion'), l10n.t('Share of the patches put in'), (score) => score.insertion, (score) => score.insertionArea),
    ),
  ];
}

/** Formula, caveat and source of a method. */
function aboutMethod(method: ExplanationMethod, traits: Traits): HTMLElement[] {
  const [formula, caveat, source] = methodWords(method, traits);
  return [el('h3', {}, methodName(method)), el('pre', { class: 'formula' }, formula), el('p', {}, caveat), el('p', { class: 'source' }, source)];
}

function methodWords(method: ExplanationMethod, { classToken }: Traits): readonly [formula: string, caveat: string, source: string] {
  switch (method) {
    case 'attention':
      return classToken
        ? ['meanₕ A_L', l10n.t('What the class token reads at the very end. The blocks before it have mixed the patches already, so that a token is more than its patch.'), 'Vaswani et al. 2017.']
        : ['meanᵢ meanₕ A_L', l10n.t('What the patches read at the very end, on average: there is no class token whose row it would be. The blocks before have mixed the patches already, so that a token is more than its patch.'), 'Vaswani et al. 2017.'];
    case 'rollout':
      return ['R = Πₗ rows(meanₕ Aₗ + I)', l10n.t('The same map for every class: values, MLPs and the head do not appear in it.'), l10n.t('Abnar and Zuidema 2020, section 3.')];
    case 'attention_gradient':
      return ['meanₕ (∇A_L ⊙ A_L)⁺', l10n.t('Only the last block counts, and only what speaks for the class.'), l10n.t('The last factor of Chefer et al. 2021.')];
    case 'grad_rollout':
      return ['R = Πₗ rows((meanₕ ∇Aₗ ⊙ Aₗ)⁺ + I)', l10n.t('A gradient is small beside the identity that is added: what the rows keep of it depends on how sure the network is.'), l10n.t('Gildenblat, vit-explain. Rows are brought to sum 1; the library divides columns.')];
    case 'chefer':
      return ['R₀ = I,  Rₗ = Rₗ₋₁ + meanₕ (∇Aₗ ⊙ Aₗ)⁺ Rₗ₋₁', l10n.t('Of the class, through all blocks. Still attention only: what MLPs do to a token is in it through the gradient alone.'), l10n.t('Chefer et al. 2021, Generic Attention-model Explainability, equations 5 and 6.')];
    case 'grad_cam':
      return ['(Σ_d x_d · mean over patches of ∂y/∂x_d)⁺', `${classToken ? l10n.t('Read before the last attention: behind it, the patches have no gradient where only the class token is read.') : l10n.t('Read before the last attention.')} ${l10n.t('Made for convolutions; a map of a ViT can be empty or turned over.')}`, l10n.t('Selvaraju et al. 2017; the layer as in pytorch-grad-cam.')];
    case 'occlusion':
      return ['y(x) − y(x without the patch)', l10n.t('Measured, not derived: red patches speak for the class, blue ones against it. A patch in the mean colour is an image that the network has never seen, and what two patches tell together is missed.'), l10n.t('Zeiler and Fergus 2014, section 4.2.')];
  }
}

function chooseByKey(session: Session, group: HTMLElement, event: KeyboardEvent): void {
  const by = ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 } as const)[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const at = methods.indexOf(session.model().place.method);
  session.act({ type: 'set', change: { method: methods[(at + by + methods.length) % methods.length] ?? 'chefer' } });
  requestAnimationFrame(() => group.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
}

