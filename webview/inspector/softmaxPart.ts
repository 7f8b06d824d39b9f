import * as l10n from '@vscode/l10n';
import { el, setText, show, themeColour } from '../dom';
import { extent } from '../draw/heatmap';
import { fixed, percent, significant } from '../numbers';
import type { Part } from './hero';
import { shownMap, shownQuery } from './place';
import type { Model, Session } from './session';
import { compareSoftmax, entropy, type Compared } from './softmax';
import { headName, tokenName } from './words';

/** What a head compares before its softmax, and what dividing by √d does: without it the softmax saturates. */
export function createSoftmaxPart(session: Session): Part {
  const sentence = el('p', { class: 'summary' });
  const note = el('p', { class: 'caption' });
  const columns = [createColumn(session, true), createColumn(session, false)] as const;
  const strips = el('div', { class: 'softmax' }, ...columns.map((one) => one.element));
  const element = el('details', {
    class: 'section',
    ontoggle: () => {
      if (element.open !== session.model().place.softmax) session.act({ type: 'set', change: { softmax: element.open } });
    },
  }, el('summary', {}, l10n.t('Scores before the softmax')), el('p', { class: 'seen' }, l10n.t('Each bar is a token that the query is compared with, in the order of the model. Above: the scores; below: what the softmax makes of them. Left as the network does it, divided by √d; right without the division.')), note, sentence, strips);
  const update = (model: Model): void => {
    element.open = model.place.softmax;
    if (!model.place.softmax) return;
    const { layer, head } = shownMap(model.place, model.hover, model.bounds);
    const query = shownQuery(model.place, model.hover, model.bounds);
    const known = model.softmax?.layer === layer ? model.softmax : null;
    const compared = known && typeof head === 'number' ? compareSoftmax(known, head, query) : null;
    setText(note, noteOf(model, typeof head === 'number'));
    show(note, note.textContent !== '');
    show(strips, compared !== null);
    setText(sentence, compared && known ? words(compared, known.size, `${l10n.t('Layer {0}', layer + 1)}, ${headName(head)}, ${tokenName(query, model.bounds, model.state?.view?.prefix ?? [])}`) : '\u00a0');
    if (compared) for (const one of columns) one.draw(model, compared);
  };
  return { element, update };
}

function noteOf({ place, softmax }: Model, isHead: boolean): string {
  if (!isHead) return l10n.t('Heads are joined behind the softmax: choose one head in the maps above.');
  const parts = [
    ...(place.direction === 'to' ? [l10n.t('The softmax is taken over a row: these are the scores of the token that looks.')] : []),
    ...(softmax?.scores ? [l10n.t('This network adds something to QKᵀ/√d before the softmax, a relative position, a mask or a temperature: it is in the scores at the left.')] : []),
  ];
  return parts.join(' ');
}

function words({ scaled, weights, products, unscaledWeights }: Compared, size: number, about: string): string {
  const span = (values: Float32Array): string => {
    const { low, high } = extent(values.filter(Number.isFinite));
    return fixed(high - low, 1);
  };
  const share = (values: Float32Array): string => percent(extent(values).high);
  return l10n.t('{0}, d = {1}: scores over a range of {2}, the largest weight {3}; without ÷ √d over {4}, and {5}.', about, size, span(scaled), share(weights), span(products), share(unscaledWeights));
}

function createColumn(session: Session, divided: boolean): { readonly element: HTMLElement; draw(model: Model, compared: Compared): void } {
  const [above, below] = [createBars(session), createBars(session)];
  const [aboveText, belowText] = [el('span', { class: 'caption' }), el('span', { class: 'caption' })];
  const element = el('div', { class: 'softmax-column' },
    el('h4', {}, divided ? l10n.t('Q·K / √d, as the network does') : l10n.t('Q·K, without the division')), above.element, aboveText,
    el('h4', {}, l10n.t('softmax of it')), below.element, belowText);
  const draw = (model: Model, compared: Compared): void => {
    const [scores, weights] = divided ? [compared.scaled, compared.weights] : [compared.products, compared.unscaledWeights];
    const { low, high } = extent(scores.filter(Number.isFinite));
    // Both columns have one scale each: that the right one spreads further is what is to be seen.
    const widest = extent([...compared.scaled, ...compared.products].filter(Number.isFinite) as unknown as Float32Array);
    above.draw(model, scores, { low: Math.min(0, widest.low), high: Math.max(0, widest.high) });
    below.draw(model, weights, { low: 0, high: Math.max(extent(compared.weights).high, extent(compared.unscaledWeights).high) });
    const nats = entropy(weights);
    setText(aboveText, l10n.t('{0} to {1}', significant(low), significant(high)));
    setText(belowText, l10n.t('largest {0}; entropy {1} nats, as if it looked at {2} tokens alike', percent(extent(weights).high), fixed(nats, 2), fixed(Math.exp(nats), 1)));
  };
  return { element, draw };
}

interface Ends {
  readonly low: number;
  readonly high: number;
}

/** Bars over all tokens; the one under the pointer is outlined everywhere. */
function createBars(session: Session): { readonly element: HTMLCanvasElement; draw(model: Model, values: Float32Array, ends: Ends): void } {
  const element = el('canvas', { class: 'bars', width: 1, height: 1, 'aria-hidden': 'true' });
  let count = 1;
  const tokenAt = (event: MouseEvent): number => {
    const box = element.getBoundingClientRect();
    return Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * count)));
  };
  element.addEventListener('pointermove', (event) => session.hover({ token: tokenAt(event), previews: false }));
  element.addEventListener('pointerleave', () => session.hover({ token: null, previews: false }));
  element.addEventListener('click', (event) => session.act({ type: 'query', token: tokenAt(event) }));
  const draw = (model: Model, values: Float32Array, ends: Ends): void => {
    count = values.length;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(element.clientWidth * ratio), Math.round(element.clientHeight * ratio)];
    if (width === 0) return;
    [element.width, element.height] = [width, height];
    const context = element.getContext('2d');
    if (!context) return;
    const toY = (value: number): number => height - 1 - ((value - ends.low) / Math.max(1e-9, ends.high - ends.low)) * (height - 2);
    context.fillStyle = themeColour('--vscode-charts-blue', '#3794ff');
    for (const [i, value] of values.entries()) {
      if (!Number.isFinite(value)) continue;
      const [from, to] = [toY(Math.max(0, ends.low)), toY(value)];
      context.fillRect((i * width) / count, Math.min(from, to), Math.max(1, width / count - (width / count > 3 ? 1 : 0)), Math.max(1, Math.abs(to - from)));
    }
    context.fillStyle = themeColour('--vscode-descriptionForeground', '#888');
    context.fillRect(0, toY(Math.max(0, ends.low)), width, Math.max(1, Math.round(ratio / 2)));
    const hot = model.hover.token;
    if (hot === null || hot >= count) return;
    context.strokeStyle = themeColour('--vscode-foreground', '#888');
    context.lineWidth = ratio;
    context.strokeRect((hot * width) / count - ratio, 0.5, width / count + 2 * ratio, height - 1);
  };
  return { element, draw };
}
