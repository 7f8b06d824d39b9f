import type { InspectorApi, InspectorState } from '../../src/protocol';
import { recording } from '../../src/recording';
import { connect } from '../../src/rpc';
import { el, onThemeChange, setAttribute, setText, show } from '../dom';
import { openPort } from '../port';
import { onOpenGlossary } from '../term';
import { loadWords } from '../translations';
import { createAttentionTab, summaryOf } from './attentionTab';
import { createControls, createKeys } from './controls';
import { createExports, isOfShown } from './exporting';
import { keepHeads } from './headStatistics';
import { createHero, createReadout } from './hero';
import { actionOf, headFromDigit, type Typed } from './keyboard';
import { createFlowTab } from './flowTab';
import { createLegend } from './legend';
import type { Place } from './place';
import { createPatchesTab } from './patchesTab';
import { createPositionTab } from './positionTab';
import { createExplainTab } from './explainTab';
import { createFeaturesTab, featureSummary } from './features/featuresTab';
import { createRolloutTab } from './rolloutTab';
import { positionPatch } from './shown';
import { createSession, isBroken, type Model, type Session } from './session';
import { createEmpty, createStatus } from './status';
import { createTop } from './strip';
import { createTabs } from './tabs';
import { createToolbar } from './toolbar';
import { createTrio } from './trio';
import { listenToDrops } from './takeImage';
import { coordinates } from './words';
import '../base.css';
import './inspector.css';
import './flow.css';
import './features/features.css';

loadWords();
start();

/** Which look of a probe is shown, for whoever fills this panel again; null where a checkpoint is. */
function keptFrame(probe: InspectorState['probe']): { readonly run: string; readonly image: number; readonly epoch: number | 'newest' } | null {
  const frames = probe?.images[probe.image]?.frames ?? [];
  const at = frames.findIndex(({ path }) => path === probe?.frame);
  const frame = frames[at];
  return probe && frame ? { run: probe.run, image: probe.image, epoch: at === frames.length - 1 ? 'newest' : frame.epoch } : null;
}

function start(): void {
  const link = openPort();
  const host = connect<InspectorApi>(link.port, (name, value) => {
    if (name === 'state') receive(value as InspectorState);
  });
  const recorded = recording(host);
  const { client } = recorded;
  const session: Session = createSession(client, link.kept, (place) => keep(place), () => render(session.model()));
  /** What the host needs to fill this panel again after a restart lies beside the place. */
  const keep = (place: Place): void => {
    const { state, measured } = session.model();
    link.keep({ ...place, ...(measured ? { heads: keepHeads(measured.checkpoint, measured.measured) } : {}), ...(state ? { panel: { file: state.file, pinned: state.pinned, times: state.times, against: state.against && { checkpoint: state.against.checkpoint, file: state.against.file }, probe: keptFrame(state.probe) } } : {}) });
  };
  const receive = (state: InspectorState): void => {
    if (!state.standalone) onOpenGlossary((term) => void host.openGlossary({ term }).catch(session.fail));
    session.receive(state);
    recorded.keepOnly((params) => isOfShown(session.model(), params));
    keep(session.model().place);
  };
  const live = el('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const exports = createExports(session, recorded, (text) => setText(live, text));
  const toolbar = createToolbar(client, session, exports);
  const status = createStatus(client, session);
  const empty = createEmpty(client, session);
  const picture = [createHero(session), createReadout(), createLegend(), createTrio(session)];
  const tools = [createControls(session), createTop(session), createKeys()];
  const tabs = createTabs(session, {
    flow: createFlowTab(session),
    attention: createAttentionTab(session),
    rollout: createRolloutTab(session),
    explain: createExplainTab(session, session.score),
    position: createPositionTab(session),
    features: createFeaturesTab(session, client),
    patches: createPatchesTab(session),
  });
  const left = el('section', { class: 'left' }, ...picture.map((part) => part.element));
  const main = el('main', { class: 'main' }, left, tabs.element);
  const stage = el('div', { class: 'stage' }, main, empty.element);
  placeTools(left, main, tools.map((part) => part.element));
  document.getElementById('app')?.replaceChildren(toolbar.element, status.element, stage, live);

  const parts = [toolbar, status, empty, ...picture, ...tools, tabs];
  const speak = debounced(() => setText(live, spoken(session.model())), 500);
  const dim = debounced(() => setAttribute(main, 'aria-busy', isStale(session.model()) ? 'true' : undefined), 100);
  const render = (model: Model): void => {
    show(main, Boolean(model.state?.view));
    // The place is kept, so that the next image does not have to build it anew.
    main.classList.toggle('invisible', isBroken(model));
    for (const part of parts) part.update(model);
    speak();
    if (isStale(model)) dim();
    else setAttribute(main, 'aria-busy', undefined);
  };
  listenToKeys(session);
  listenToDrops(client, session);
  onThemeChange(() => render(session.model()));
  render(session.model());
  client.state({}).then(receive, session.fail);
}

/** The controls stand under the image; in a narrow panel after the maps, which would otherwise begin out of sight. */
function placeTools(left: HTMLElement, main: HTMLElement, tools: readonly HTMLElement[]): void {
  const narrow = matchMedia('(max-width: 700px)');
  const below = el('section', { class: 'below' });
  const place = (): void => {
    if (narrow.matches) main.append(below);
    else below.remove();
    (narrow.matches ? below : left).append(...tools);
  };
  narrow.addEventListener('change', place);
  place();
}

/** Whether what is drawn is older than what is asked for. */
function isStale({ waiting, state }: Model): boolean {
  return waiting || Boolean(state?.busy) || Boolean(state?.view && state.view.file !== state.file);
}

/** What changed where no focus moves along; the lists of tokens and patches speak for themselves. */
function spoken(model: Model): string {
  if (isBroken(model)) return '';
  if (model.place.tab === 'attention') return summaryOf(model).trim();
  if (model.place.tab === 'features') return featureSummary(model);
  const chosen = model.place.query !== null && (model.place.tab === 'position' || model.place.tab === 'rollout');
  return chosen ? coordinates(positionPatch(model), model.bounds.columns) : '';
}

function debounced(work: () => void, pause: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, pause);
  };
}

/** Keys act everywhere but where a control needs them itself. */
function listenToKeys(session: Session): void {
  let typed: Typed = { digits: '', time: 0 };
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || !session.model().state?.view || isBroken(session.model()) || ownsKey(event)) return;
    if (/^\d$/.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey) {
      const chosen = headFromDigit(event.key, typed, event.timeStamp, session.model().bounds.heads);
      typed = chosen.typed;
      if (chosen.head !== null) session.act({ type: 'set', change: { head: chosen.head } });
      return;
    }
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    session.act(action);
  });
}

function ownsKey(event: KeyboardEvent): boolean {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (!target || event.key === 'Escape') return false;
  if (target.matches('select, textarea, input[type="range"], input[type="text"], input[type="search"]')) return true;
  return event.key === ' ' && target.matches('button, vscode-button, vscode-checkbox, summary, input, [role="radio"]');
}
