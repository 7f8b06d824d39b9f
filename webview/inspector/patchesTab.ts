import * as l10n from '@vscode/l10n';
import { el, fill, setAttribute, setText, show } from '../dom';
import { showPatch } from '../draw/picture';
import type { ImageView } from '../../src/protocol';
import { bytes, compact, integer } from '../numbers';
import { rove, stepInSequence } from '../roving';
import { createFold } from './controls';
import { createPlan } from './planPart';
import { createPreprocessing } from './preprocessing';
import { createProjection } from './projectionPart';
import type { Part } from './hero';
import { noHover, patches } from './place';
import { positionPatch } from './shown';
import { attends, type Model, type Session } from './session';
import { spriteOf } from './strip';
import { explanation } from './tabWords';
import { seesByConvolutions, traitsOf } from './traits';
import { coordinates } from './words';

/** The image as the sequence that the model reads, and what it costs. */
export function createPatchesTab(session: Session): Part {
  const list = el('div', { class: 'sequence', role: 'listbox', 'aria-label': l10n.t('Sequence of patches') });
  const facts = el('table', { class: 'facts' });
  const picture = el('span', { class: 'patch-large', 'aria-hidden': 'true' });
  const name = el('p', { class: 'summary' });
  const count = el('p', { class: 'summary' });
  const [steps, projection, plan] = [createPreprocessing(), createProjection(session), createPlan(session)];
  const sequence = el('section', {}, el('h3', {}, l10n.t('The image as a sequence')), count, el('div', { class: 'patch-one' }, picture, name), list);
  const fold = createFold((traits) => explanation('patches', traits));
  const element = el('div', { class: 'patches' }, fold.element, steps.element, sequence, projection.element, plan.element, el('section', {}, el('h3', {}, l10n.t('This network in numbers')), facts));
  let made = '';
  listen(list, session);
  const update = (model: Model): void => {
    fold.update(model);
    const view = model.state?.view;
    if (!view) return;
    show(sequence, attends(view));
    for (const part of [steps, projection, plan]) part.update(model);
    setText(count, countWords(view));
    const key = `${view.file} ${view.checkpoint.path} ${model.place.picture} ${JSON.stringify(model.bounds)}`;
    if (made !== key) {
      fill(list, ...makePatches(model, view));
      fill(facts, ...factRows(view).map(([label, value]) => el('tr', {}, el('th', { scope: 'row' }, label), el('td', {}, value))));
      picture.style.aspectRatio = `${String(view.seen.width / view.grid.columns)} / ${String(view.seen.height / view.grid.rows)}`;
    }
    made = key;
    const patch = positionPatch(model);
    showPatch(picture, spriteOf(view, model.place.picture), patch);
    picture.classList.toggle('pixelated', model.place.picture === 'seen');
    setText(name, patchWords(view, patch, model.bounds.columns));
    for (const [i, item] of [...list.querySelectorAll<HTMLElement>('[data-patch]')].entries()) {
      item.classList.toggle('query', i === patch);
      item.classList.toggle('hot', model.hover.token === i + model.bounds.prefix);
      setAttribute(item, 'aria-selected', String(i === patch));
    }
    rove(list, view.prefix.length + positionPatch({ ...model, hover: noHover }));
  };
  return { element, update };
}

/** "N = 224·224 / 16² = 196 patches, and 1 token before them: 197." */
function countWords(view: ImageView): string {
  const { model, grid, prefix, facts } = view;
  const [height, width] = model.imageSize;
  const [down, across] = model.patchSize;
  const side = down === across ? `${String(down)}²` : `(${String(down)}·${String(across)})`;
  const sum = `N = ${String(height)}·${String(width)} / ${side} = ${integer(grid.rows * grid.columns)}`;
  if (seesByConvolutions(traitsOf(view))) return prefix.length === 0 ? l10n.t('{0} tokens, one for each place of the last map.', sum) : l10n.t('{0} places of the last map, and before them {1}: {2} tokens.', sum, prefix.join(' '), integer(facts.tokens));
  return prefix.length === 0 ? l10n.t('{0} patches, and no token before them.', sum) : l10n.t('{0} patches, and before them {1}: {2} tokens.', sum, prefix.join(' '), integer(facts.tokens));
}

function patchWords(view: ImageView, patch: number, columns: number): string {
  const [height, width] = view.model.patchSize;
  const count = view.grid.rows * view.grid.columns;
  const vector = `D = ${String(view.model.width)}`;
  if (view.model.projection !== 'linear' && view.model.projection !== 'conv') {
    const seen = view.facts.receptiveField.first.map(String).join(' × ');
    const about = [patch + 1, count, coordinates(patch, columns), seen, vector] as const;
    return seesByConvolutions(traitsOf(view))
      ? l10n.t('Token {0} of {1}, {2}: the convolutions see up to {3} pixels around this part of the image, and make of them a vector of {4}.', ...about)
      : l10n.t('Patch {0} of {1}, {2}: with its shifted copies it sees {3} pixels, which become a vector of {4}.', ...about);
  }
  const numbers = height * width * view.model.channels;
  return l10n.t(
    'Patch {0} of {1}, {2}: {3} numbers become a vector of {4}.',
    patch + 1,
    count,
    coordinates(patch, columns),
    `${String(height)}×${String(width)}×${String(view.model.channels)} = ${integer(numbers)}`,
    vector,
  );
}

function makePatches(model: Model, view: ImageView): readonly HTMLElement[] {
  const aspect = `${String(view.seen.width / view.grid.columns)} / ${String(view.seen.height / view.grid.rows)}`;
  // What stands before the patches is part of the sequence, and of no patch.
  const before = view.prefix.map((name) => el('span', { class: 'sequence-patch before', role: 'presentation' }, el('span', { class: 'thumb prefix' }, name)));
  const items = Array.from({ length: patches(model.bounds) }, (_, patch) => {
    const picture = el('span', { class: model.place.picture === 'seen' ? 'thumb pixelated' : 'thumb' });
    picture.style.aspectRatio = aspect;
    showPatch(picture, spriteOf(view, model.place.picture), patch);
    return el('span', { class: 'sequence-patch', role: 'option', tabindex: -1, 'data-patch': patch, 'aria-label': `${String(patch + 1)}, ${coordinates(patch, model.bounds.columns)}` }, picture, String(patch + 1));
  });
  return [...before, ...items];
}

function listen(list: HTMLElement, session: Session): void {
  const token = (target: EventTarget | null): number | null => {
    const item = target instanceof Element ? target.closest<HTMLElement>('[data-patch]') : null;
    return item ? Number(item.dataset['patch']) + session.model().bounds.prefix : null;
  };
  list.addEventListener('pointerover', (event) => session.hover({ token: token(event.target), previews: true }));
  list.addEventListener('pointerleave', () => session.hover({ token: null, previews: false }));
  list.addEventListener('click', (event) => {
    const chosen = token(event.target);
    if (chosen !== null) session.act({ type: 'query', token: chosen });
  });
  list.addEventListener('keydown', (event) => {
    const model = session.model();
    const next = stepInSequence(event, positionPatch({ ...model, hover: noHover }), patches(model.bounds));
    if (next === null) return;
    event.preventDefault();
    session.act({ type: 'query', token: next + model.bounds.prefix });
  });
  // The focus moves without scrolling, for the list lies in the panel's own scroll; the item is then brought into the list's sight.
  list.addEventListener('focusin', (event) => {
    if (event.target instanceof HTMLElement) event.target.scrollIntoView({ block: 'nearest' });
  });
}

function factRows(view: ImageView): readonly (readonly [string, string])[] {
  const { facts, model } = view;
  const [height, width] = [view.seen.height, view.seen.width];
  return [
    [l10n.t('Image H×W×C'), `${String(height)}×${String(width)}×${String(model.channels)}`],
    ...(attends(view) ? tokenRows(view) : [[l10n.t('Network'), facts.name] as const]),
    [l10n.t('Parameters'), `${integer(facts.params)} (${bytes(facts.memory.parameters)})`],
    [l10n.t('Multiply-adds of one image'), compact(facts.macs)],
    ...(attends(view) ? [attentionRow(view)] : []),
    [l10n.t('Memory to look at one image'), bytes(facts.memory.inference)],
    [l10n.t('Memory to train with a batch'), bytes(facts.memory.training)],
    [l10n.t('Preprocessing'), view.preprocessing],
    [l10n.t('Engine'), view.engine.label],
    ...view.engine.rejected.map(({ name, reason }) => [l10n.t('Not {0}', name), reason] as const),
    ...(facts.note ? [[l10n.t('Sides and patch size'), facts.note] as const] : []),
  ];
}

function tokenRows({ facts, model, grid }: ImageView): readonly (readonly [string, string])[] {
  const [patchHeight, patchWidth] = model.patchSize;
  const { rows, columns } = grid;
  return [
    ...(model.stem.length > 0 ? [[l10n.t('Convolutions before the blocks'), `3×3 → ${model.stem.join(' → ')}`] as const] : []),
    ...(seesByConvolutions(model)
      ? [
          [l10n.t('Pixels from token to token'), `${String(patchHeight)}×${String(patchWidth)}`] as const,
          [l10n.t('Pixels that a token sees before the blocks'), facts.receptiveField.first.map(String).join('×')] as const,
          [l10n.t('Places of the last map, N'), `${String(rows)}·${String(columns)} = ${integer(rows * columns)}`] as const,
        ]
      : [
          [l10n.t('Patch P'), `${String(patchHeight)}×${String(patchWidth)}`] as const,
          [l10n.t('Patches N = H·W / P²'), `${String(rows)}·${String(columns)} = ${integer(rows * columns)}`] as const,
        ]),
    [l10n.t('Tokens, those before the patches included'), integer(facts.tokens)],
    [l10n.t('Width D, heads, layers'), `${String(model.width)}, ${String(model.heads)}, ${String(model.depth)}`],
    [l10n.t('Position embedding'), model.posEmbed],
  ];
}

function attentionRow({ facts, model, grid }: ImageView): readonly [string, string] {
  const hw = `${String(grid.rows)}·${String(grid.columns)}`;
  return [l10n.t('Ω(MSA) = 4hwC² + 2(hw)²C, each block'), `4·${hw}·${String(model.width)}² + 2·(${hw})²·${String(model.width)} = ${compact(facts.omegaMsa)}`];
}
