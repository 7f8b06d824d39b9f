import * as l10n from '@vscode/l10n';
import type { FlowBox, FlowView } from '../../src/protocol';
import { el, fill, freshId, setAttribute, setText, show } from '../dom';
import { svg } from '../draw/svg';
import { createFold } from './controls';
import { isKept } from './explaining';
import { flowPlace } from './askFlow';
import { createBox, type Box } from './flowBox';
import { createDetail } from './flowDetail';
import { groupsOf, nextBox, partOf, parts, wiresOf, type FlowPart } from './flowGraph';
import { partName } from './flowWords';
import { drawWires } from './flowWires';
import { createSteps } from './flowSteps';
import type { Part } from './hero';
import type { Model, Session } from './session';
import { explanation } from './tabWords';

/** The network as one picture that the image runs through, box by box; a box opens with all its numbers. */
export function createFlowTab(session: Session): Part {
  const detail = createDetail(session);
  const steps = createSteps(session);
  const sections = new Map(parts.map((part) => [part, createSection(part)]));
  const note = el('p', { class: 'without' });
  const diagram = el('div', { class: 'flow', role: 'group', 'aria-label': l10n.t('The network, box by box') }, ...[...sections.values()].map(({ element }) => element));
  sections.get('block')?.head.append(steps.element);
  const fold = createFold((traits) => explanation('flow', traits));
  const element = el('div', {}, fold.element, note, diagram);
  let boxes = new Map<FlowBox, Box>();
  let made = '';
  let view: FlowView | null = null;
  let opened: FlowBox | null = null;

  const build = (flow: FlowView): void => {
    const names = flow.boxes.map(({ box }) => box);
    boxes = new Map(names.map((box) => [box, createBox(session, box)]));
    for (const [part, section] of sections) section.fill(groupsOf(names.filter((box) => partOf(box) === part)), boxes);
    show(sections.get('block')!.element, flow.facts.blocks > 0);
  };
  const wire = (): void => {
    if (!view) return;
    const wires = wiresOf(view.boxes.map(({ box }) => box), view.facts);
    for (const [part, section] of sections) section.wire(new Map([...boxes].filter(([box]) => partOf(box) === part).map(([box, { element: button }]) => [box, button])), wires.filter(({ from, to }) => partOf(from) === part && partOf(to) === part));
  };
  const update = (model: Model): void => {
    fold.update(model);
    const kept = isKept(model);
    show(diagram, !kept && model.flow !== null);
    show(note, kept || model.flow === null || model.flow.facts.architecture !== 'vit');
    setText(note, noteOf(model));
    view = model.flow;
    if (kept || !view) return;
    const key = JSON.stringify([view.boxes.map(({ box }) => box), view.facts.blocks]);
    if (made !== key) build(view);
    for (const picture of view.boxes) boxes.get(picture.box)?.update(model, picture, view.facts);
    const open = view.boxes.find(({ box }) => box === model.place.box)?.box ?? null;
    rove(boxes, open ?? view.boxes[0]!.box);
    const at = flowPlace(model);
    for (const [part, section] of sections) section.name(partName(part, view.facts, at.block));
    setAttribute(diagram, 'aria-busy', at.block !== view.block || at.head !== view.head ? 'true' : undefined);
    steps.update(model);
    detail.update(model);
    for (const [part, section] of sections) section.open(open !== null && partOf(open) === part ? detail.element : null);
    if (open !== null && open !== opened) detail.element.scrollIntoView({ block: 'nearest' });
    opened = open;
    if (made !== key) requestAnimationFrame(wire);
    made = key;
  };
  diagram.addEventListener('keydown', (event) => stepByKey(event, session, () => view, boxes));
  new ResizeObserver(() => {
    if (view) update(session.model());
    wire();
  }).observe(diagram);
  return { element, update };
}

function noteOf(model: Model): string {
  if (isKept(model)) return l10n.t('A look that a training kept has attention and no weights, so that an image cannot be followed through the network. Choose a checkpoint of the run.');
  if (!model.flow) return l10n.t('Following the image through the network …');
  if (model.flow.facts.architecture === 'resnet') return l10n.t('This network is a ResNet: between the image and its answer there are convolutions, and no tokens that could be followed.');
  return l10n.t('This network is an MLP-Mixer: its blocks are shown from outside, tokens in and tokens out.');
}

/** Arrow keys go along the way of the image; what is open goes along. */
function stepByKey(event: KeyboardEvent, session: Session, view: () => FlowView | null, boxes: ReadonlyMap<FlowBox, Box>): void {
  const from = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-box]')?.dataset['box'] : undefined;
  const flow = view();
  if (from === undefined || !flow || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === 'Escape' && session.model().place.box !== '') {
    session.act({ type: 'set', change: { box: '' } });
  } else {
    const to = nextBox(flow.boxes.map(({ box }) => box), from as FlowBox, event.key);
    if (to === null) return;
    const next = boxes.get(to)?.element;
    rove(boxes, to);
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: 'nearest' });
    if (session.model().place.box !== '') session.act({ type: 'set', change: { box: to } });
  }
  event.preventDefault();
  event.stopPropagation();
}

/** One box can be reached by Tab; it stays the one that has the focus. */
function rove(boxes: ReadonlyMap<FlowBox, Box>, to: FlowBox): void {
  const focused = [...boxes].find(([, { element }]) => element === document.activeElement)?.[0];
  const reachable = focused && focused !== to && document.activeElement !== boxes.get(to)?.element ? focused : to;
  for (const [box, { element }] of boxes) setAttribute(element, 'tabindex', box === reachable ? 0 : -1);
}

interface Section {
  readonly element: HTMLElement;
  readonly head: HTMLElement;
  name(text: string): void;
  fill(groups: readonly (readonly FlowBox[])[], boxes: ReadonlyMap<FlowBox, Box>): void;
  wire(boxes: ReadonlyMap<FlowBox, HTMLElement>, wires: ReturnType<typeof wiresOf>): void;
  open(detail: HTMLElement | null): void;
}

function createSection(part: FlowPart): Section {
  const id = freshId('flow');
  const heading = el('h3', { id });
  const head = el('div', { class: 'flow-head' }, heading);
  const groups = el('div', { class: 'flow-boxes' });
  const layer = svg('svg', { class: 'flow-wires', 'aria-hidden': 'true' });
  const frame = el('div', { class: 'flow-frame' }, layer as unknown as Node, groups);
  const slot = el('div', { class: 'flow-slot' });
  const element = el('section', { class: `flow-part flow-${part}`, 'aria-labelledby': id }, head, frame, slot);
  return {
    element,
    head,
    name: (text) => setText(heading, text),
    fill: (given, boxes) => fill(groups, ...given.map((group) => el('div', { class: `flow-group${group.length > 1 ? ' stacked' : ''}` }, ...group.map((box) => boxes.get(box)?.element)))),
    wire: (boxes, wires) => drawWires(layer, frame, boxes, wires),
    open(detail) {
      if (detail && detail.parentElement !== slot) slot.replaceChildren(detail);
      else if (!detail && slot.firstChild) slot.replaceChildren();
    },
  };
}
