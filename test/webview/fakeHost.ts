/** Runs in the page before the webview: plays the extension host with made-up data and records what it is asked. */
import type {
  Against, CheckpointInfo, CompareApi, CompareEvents, CompareState, EvaluationApi, EvaluationEvents, EvaluationState, GlossaryApi, GlossaryEvents, GlossaryState, InspectorApi, InspectorEvents, InspectorState, Pixels, PreviewApi, PreviewEvents, PreviewState,
  GalleryEvents, GalleryFilter, GalleryPanelApi, GalleryState, ResultsApi, ResultsEvents, ResultsState, SweepPanelApi, SweepPanelEvents, SweepPanelState, SweepResults,
} from '../../src/protocol';
import { serve, type Port } from '../../src/rpc';
import { assignSlots } from '../../src/runSlots';
import { featureAnswers } from './syntheticFeatures';
import { batchPreview, schedulePreview } from './syntheticPreview';
import { sweepResults } from './syntheticSweep';
import { comparison } from './syntheticRuns';
import { filterView, flowValues, flowView, planView, tokensView } from './syntheticFlow';
import { confusionOf, evaluation, judgedOf, pictureUrl, weighedOf } from './syntheticEvaluation';
import { galleryCard, galleryList } from './syntheticGallery';
import { classified } from './syntheticResults';
import { attentionStack, attentionView, checkpoint, explanationScore, explanationView, imageView, measuredHeads, positionView, randomStack, rolloutView, scoresView, type Synthetic } from './syntheticModel';

interface Encoded {
  readonly width: number;
  readonly height: number;
  readonly base64: string;
}

const OTHERS = { then: '245 + 61 + 120 images, fingerprint 34e0f89dd4c1', now: '240 + 59 + 120 images, fingerprint 9bd1ba7278c1' };
const MOVED = 'The images that vit was trained on are no longer at /data/animals.';

/** What the harness asks to be played. */
export interface Scene {
  readonly view: 'inspector' | 'compare' | 'results' | 'evaluation' | 'gallery' | 'sweep' | 'preview' | 'glossary';
  /** The term that the glossary is asked for. */
  readonly term?: string;
  /** Trainings of a sweep that have ended, of 18. */
  readonly ended?: number;
  /** A configuration makes up for rare classes. */
  readonly evened?: boolean;
  /** An evaluation is of other images than the training had. */
  readonly unlike?: boolean;
  /** The images of the run lie elsewhere now. */
  readonly moved?: boolean;
  /** A third key varies. */
  readonly three?: boolean;
  readonly halving?: boolean;
  /** The second key was drawn from a range. */
  readonly drawn?: boolean;
  readonly mix?: 'mixup' | 'cutmix';
  /** Of a preview. */
  readonly warnings?: readonly string[];
  readonly kind?: 'normal' | 'noImage' | 'noCheckpoint' | 'error' | 'errorWithView' | 'busy' | 'empty' | 'noPosition';
  readonly layers?: number;
  readonly heads?: number;
  readonly rows?: number;
  readonly columns?: number;
  readonly classToken?: boolean;
  readonly file?: string;
  readonly seen?: Encoded;
  readonly original?: Encoded;
  readonly labels?: readonly string[];
  readonly runs?: number;
  readonly rowsOfResults?: number;
  readonly classes?: number;
  /** A second run beside it, and whether both were judged image by image. */
  readonly two?: boolean;
  readonly judged?: boolean;
  /** Combinations of a sweep that are networks without tokens. */
  readonly convolved?: readonly number[];
  /** Whether weights were set side by side. */
  readonly weighed?: boolean;
  /** Of a gallery: how many images, of a folder, by which filter, and after how many cards the engine stops. */
  readonly images?: number;
  readonly folder?: boolean;
  readonly filter?: GalleryFilter;
  readonly stall?: number;
  readonly precision?: ResultsState['precision'];
  /** Milliseconds before each answer. */
  readonly delay?: number;
  readonly kept?: unknown;
  /** Whether the run has a probe image, and the newest look at it is shown. */
  readonly probe?: boolean;
  /** All attention at once: made up as the single answers are, of random numbers, or none as of a large network. */
  readonly stack?: 'same' | 'random' | 'none';
  /** Which checkpoint B is, by its place in the list, and which picture. */
  /** What B knows, where that is something else. */
  readonly otherLabels?: readonly string[];
  /** A Compact Convolutional Transformer: convolutions before the tokens, sequence pooling, no class token. */
  readonly compact?: boolean;
  /** The networks came without the images that they were trained on. */
  readonly withoutImages?: boolean;
  readonly against?: { readonly checkpoint?: number; readonly picture?: Encoded; readonly rows?: number; readonly columns?: number; readonly layers?: number };
}

declare global {
  interface Window {
    scene: Scene;
    calls: { method: string; params: unknown }[];
    /** Questions of the page that have no answer yet, and were not given up. */
    unanswered: () => number;
    kept: unknown;
    emit: (value: unknown) => void;
    playSweep: (ended: number) => void;
    host: { inspector?: InspectorState; compare?: CompareState; results?: ResultsState; evaluation?: EvaluationState };
    acquireVsCodeApi: () => unknown;
    growRuns: (epochs: number) => void;
  }
}

const { scene } = window;
window.calls = [];
const open = new Set<number>();
/** Messages that the page has not been given yet: events, too. */
let underWay = 0;
// An engine that stops is never done.
window.unanswered = () => (scene.stall === undefined ? open.size : 0) + underWay;
window.kept = scene.kept;
window.host = {};
interface Message {
  readonly rpc: string;
  readonly id: number;
}
const toHost: ((message: unknown) => void)[] = [];
const port: Port = {
  // As the real channel does, the answer comes as a copy and later.
  send: (message) => void (underWay++, setTimeout(() => {
    underWay--;
    window.dispatchEvent(new MessageEvent('message', { data: structuredClone(message) }));
    const { rpc, id } = message as Message;
    if (rpc === 'ok' || rpc === 'error') open.delete(id);
  })),
  onMessage: (listener) => toHost.push(listener),
  onClose: () => undefined,
};
window.acquireVsCodeApi = () => ({
  postMessage: (message: unknown) => {
    const { rpc, id } = message as Message;
    if (rpc === 'call') open.add(id);
    if (rpc === 'abort') open.delete(id);
    setTimeout(() => toHost.forEach((listen) => listen(structuredClone(message))), scene.delay ?? 0);
  },
  getState: () => window.kept,
  setState: (state: unknown) => (window.kept = structuredClone(state)),
});

function note(method: string, params: unknown): void {
  window.calls.push({ method, params });
}

function pixels(encoded: Encoded | undefined): Pixels {
  if (!encoded) return { width: 1, height: 1, rgba: new Uint8Array(4) };
  const rgba = Uint8Array.from(atob(encoded.base64), (char) => char.charCodeAt(0));
  return { width: encoded.width, height: encoded.height, rgba };
}

const framePath = (epoch: number): string => `/lab/runs/vit-p16-d192-l12 animals/probe/image-1-epoch-${String(epoch).padStart(4, '0')}.frame`;

/** Twenty epochs in which one class after the other is thought likely. */
function probeOf(model: Synthetic): InspectorState['probe'] {
  const epochs = Array.from({ length: 21 }, (_, epoch) => epoch);
  const rise = [0.95, -0.1, 0.25, 0.05, 0.02];
  const raw = epochs.map((epoch) => rise.map((speed, k) => Math.exp(speed * epoch * 0.35 + (k === 2 ? 2.5 * Math.exp(-((epoch - 7) ** 2) / 10) : 0) + 0.2 * Math.sin(epoch * 2.1 + k))));
  const values = (k: number): number[] => raw.map((row) => (row[k] ?? 0) / row.reduce((a, b) => a + b, 0));
  const curve = { epochs, classes: rise.map((_, k) => ({ label: model.labels[k] ?? String(k), values: values(k) })) };
  const frames = epochs.map((epoch) => ({ path: framePath(epoch), epoch, step: epoch * 63 }));
  return { run: '/lab/runs/vit-p16-d192-l12 animals', images: [{ file: '/lab/runs/a/probe/image-1.jpg', source: model.file, frames, curve }], image: 0, frame: framePath(20), following: true };
}

function frameView(model: Synthetic, frame: string): { frame: string; view: NonNullable<InspectorState['view']> } {
  const epoch = Number(/(\d+)\.frame$/.exec(frame)?.[1] ?? 0);
  return { frame, view: imageView(model, { ...checkpoint('vit-p16-d192-l12 animals', epoch, false, false, 0.9), path: frame }) };
}

function withImagesOrNot(info: CheckpointInfo): CheckpointInfo {
  return scene.withoutImages ? { ...info, withoutImages: true } : info;
}

function playInspector(): void {
  const model: Synthetic = {
    layers: scene.layers ?? 12, heads: scene.heads ?? 3, rows: scene.rows ?? 14, columns: scene.columns ?? 14,
    classToken: scene.classToken ?? scene.compact !== true, stem: scene.compact === true, file: scene.file ?? '/lab/photos/jaguar.jpg',
    seen: pixels(scene.seen), original: pixels(scene.original),
    labels: scene.labels ?? ['jaguar', 'leopard', 'snow leopard', 'cheetah', 'tiger'],
  };
  const checkpoints = [
    checkpoint('vit-p16-d192-l12 animals', 12, true, false, 0.912), checkpoint('vit-p16-d192-l12 animals', 20, false, true, 0.905),
    checkpoint('vit-p4-d64-l6 cifar10', 8, true, true, 0.634),
  ].map(withImagesOrNot);
  const chosen = checkpoints[0];
  const view = chosen && imageView(model, chosen);
  const kind = scene.kind ?? 'normal';
  const withView = kind === 'normal' || kind === 'errorWithView' || kind === 'noPosition';
  const state: InspectorState = {
    file: kind === 'noImage' ? null : model.file, pinned: false, times: 1, viewTimes: 1, probe: scene.probe === true ? probeOf(model) : null,
    checkpoints: kind === 'noCheckpoint' ? [] : checkpoints,
    checkpoint: kind === 'noCheckpoint' ? null : (chosen?.path ?? null),
    view: withView && view ? view : null,
    against: null,
    busy: kind === 'busy' ? 'Reading the image …' : null,
    error: kind === 'error' || kind === 'errorWithView' ? 'Cannot read broken.png: the file ends after 1,204 of 88,120 bytes.' : null,
  };
  if (scene.probe === true) Object.assign(state, { checkpoint: framePath(20), view: frameView(model, framePath(20)).view });
  /** B as the scene has it: another checkpoint or another picture, or both. */
  const besideModel: Synthetic = {
    ...model,
    ...(scene.against?.picture ? { seen: pixels(scene.against.picture), original: pixels(scene.against.picture), file: '/lab/photos/poodle.jpg' } : {}),
    rows: scene.against?.rows ?? model.rows, columns: scene.against?.columns ?? model.columns, layers: scene.against?.layers ?? model.layers, seed: 1,
  };
  const besideView = (q: Against): InspectorState['against'] => {
    const info = checkpoints.find(({ path }) => path === (q.checkpoint ?? chosen?.path)) ?? chosen;
    return { ...q, view: info ? { ...imageView(scene.otherLabels ? { ...besideModel, labels: scene.otherLabels } : besideModel, info), ...(q.file === null ? {} : { file: q.file }) } : null, error: null };
  };
  const modelOf = (q: { readonly checkpoint: string; readonly file: string }): Synthetic => {
    const view = window.host.inspector?.view;
    return view && q.checkpoint === view.checkpoint.path && q.file === view.file ? model : besideModel;
  };
  if (scene.against) Object.assign(state, { against: besideView({ checkpoint: scene.against.checkpoint === undefined ? null : (checkpoints[scene.against.checkpoint]?.path ?? null), file: scene.against.picture ? '/lab/photos/poodle.jpg' : null }) });
  window.host.inspector = state;
  const emit = serve<InspectorApi, InspectorEvents>(port, {
    openGlossary: (q) => note('openGlossary', q),
    ...featureAnswers(model, note, kind === 'noPosition'),
    chooseFolder: (q) => (note('chooseFolder', q), { folder: '/lab/photos' }),
    openNeighbour: (q) => note('openNeighbour', q),
    state: () => window.host.inspector ?? state,
    attention: (q) => (note('attention', q), attentionView(modelOf(q), q.query, q.direction)),
    attentionStack: (q) => (note('attentionStack', q), scene.stack === 'none' ? null : scene.stack === 'random' ? randomStack(modelOf(q)) : attentionStack(modelOf(q))),
    scores: (q) => (note('scores', q), scoresView(modelOf(q), q.layer)),
    measureHeads: (q, call) => {
      note('measureHeads', q);
      if (scene.stall !== undefined) throw new Error('The images of animals are no longer at /data/animals. Put them back there.');
      return (call.progress({ done: 3, of: 128 }), measuredHeads(model, q.over));
    },
    rollout: (q) => (note('rollout', q), rolloutView(modelOf(q), q.fusion, q.discard, q.query)),
    explain: (q) => (note('explain', q), q.methods.map((method) => explanationView(modelOf(q), method, q.target))),
    scoreExplanations: (q) => (note('scoreExplanations', q), [...q.methods, 'random' as const].map(explanationScore)),
    positions: (q) => (note('positions', q), kind === 'noPosition'
      ? { grid: { rows: model.rows, columns: model.columns }, similarity: null, note: 'This model has no position embedding (pos_embed: none).' }
      : positionView(model)),
    flow: (q) => (note('flow', q), flowView(model, q)),
    flowBox: (q) => (note('flowBox', q), flowValues(model, q)),
    tokens: (q) => (note('tokens', q), tokensView(model)),
    filter: (q) => (note('filter', q), filterView(model, q.dimension)),
    plan: (q) => (note('plan', q), planView(model, q)),
    chooseCheckpoint: (q) => note('chooseCheckpoint', q),
    chooseFrame: (q) => {
      note('chooseFrame', q);
      const now = window.host.inspector ?? state;
      if (!now.probe || !now.view) return;
      const { frame, view } = frameView(model, q.frame);
      window.host.inspector = { ...now, checkpoint: frame, view, probe: { ...now.probe, frame, following: q.frame.endsWith('0020.frame') } };
      emit('state', window.host.inspector);
    },
    pin: (q) => {
      note('pin', q);
      window.host.inspector = { ...(window.host.inspector ?? state), pinned: q.pinned };
      emit('state', window.host.inspector);
    },
    enlarge: (q) => {
      note('enlarge', q);
      window.host.inspector = { ...(window.host.inspector ?? state), times: q.times, viewTimes: q.times };
      emit('state', window.host.inspector);
    },
    openImage: (q) => note('openImage', q),
    takeImage: (q) => note('takeImage', { ...q, ...(q.bytes ? { bytes: Array.from(q.bytes) } : {}) }),
    compareWith: (q) => {
      note('compareWith', q);
      window.host.inspector = { ...(window.host.inspector ?? state), against: q.against && besideView(q.against) };
      emit('state', window.host.inspector);
    },
    swapSides: (q) => note('swapSides', q),
    runCommand: (q) => note('runCommand', q),
    save: (q) => note('save', { name: q.name, bytes: Array.from(q.bytes) }),
    savePage: (q) => note('savePage', q),
  });
  window.emit = (value) => emit('state', value as InspectorState);
}

function playCompare(): void {
  const runs = scene.kind === 'empty' ? 0 : (scene.runs ?? 3);
  let state: CompareState = { comparison: comparison(runs, 20), slots: assignSlots({}, comparison(runs, 1).runs.map(({ path }) => path)), error: scene.kind === 'error' ? 'Cannot read run.json of vit-p4: it is not JSON.' : null };
  const emit = serve<CompareApi, CompareEvents>(port, {
    openGlossary: (q) => note('openGlossary', q),
    state: () => state,
    openWide: (q) => note('openWide', q),
    savePicture: (q) => note('savePicture', q),
    showEvaluation: (q) => note('showEvaluation', q),
    saveCsv: (q) => note('saveCsv', q),
    runCommand: (q) => note('runCommand', q),
  });
  window.emit = (value) => emit('state', value as CompareState);
  window.growRuns = (epochs) => {
    state = { ...state, comparison: comparison(runs, epochs) };
    emit('state', state);
  };
}

function playResults(): void {
  const state: ResultsState = {
    checkpoint: checkpoint('vit-p16-d192-l12 animals', 12, true, false, 0.912),
    precision: scene.precision ?? 'fp32',
    change: scene.precision === 'int8' ? 'Measured on 180 validation images of the run:\ntop-1 98.9%, in float32 98.9%' : null,
    classes: scene.kind === undefined ? ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] : [],
    rows: scene.kind === 'empty' ? [] : classified(scene.rowsOfResults ?? 40),
    progress: scene.kind === 'busy' ? { done: 40, of: 180 } : null,
    error: scene.kind === 'error' ? 'The engine stopped: out of memory. It starts again with the next request.' : null,
  };
  window.host.results = state;
  const emit = serve<ResultsApi, ResultsEvents>(port, {
    openGlossary: (q) => note('openGlossary', q),
    state: () => state,
    open: (q) => note('open', q),
    inspect: (q) => note('inspect', q),
    saveCsv: (q) => note('saveCsv', q),
    cancel: (q) => note('cancel', q),
  });
  window.emit = (value) => emit('state', value as ResultsState);
}

function playEvaluation(): void {
  const report = scene.kind === 'empty' || scene.kind === 'noCheckpoint' || scene.kind === 'busy' ? null : evaluation(scene.classes ?? 10);
  const state: EvaluationState = {
    run: 'vit-p4-d64-l6 cifar10',
    report: scene.kind === 'noPosition' && report ? { ...report, omitted: 'memory' } : report && scene.unlike ? { ...report, otherImages: OTHERS } : report,
    busy: scene.kind === 'busy' ? { text: 'Evaluating', done: 128, of: 400 } : null,
    evaluable: scene.kind !== 'noCheckpoint',
    error: scene.moved ? MOVED : scene.kind === 'error' ? '/lab/runs/vit/evaluation.json is damaged: classes is no list.' : null,
    missing: scene.moved === true,
    confusion: report && { labels: report.classes.map(({ label }) => label), counts: confusionOf(scene.classes ?? 10) },
    other: scene.two ? { run: 'cct-p4-d64-l7 cifar10', report: report && evaluation(scene.classes ?? 10, undefined, 0.4), confusion: null } : null,
    weighed: scene.weighed ? weighedOf().map((one) => ({ ...one, ...(scene.unlike && { otherImages: OTHERS }) })) : [],
    sizes: { train: 2000, val: 200, test: 400 },
    judged: scene.judged ? 1 : 0,
  };
  window.host.evaluation = state;
  const emit = serve<EvaluationApi, EvaluationEvents>(port, {
    openGlossary: (q) => note('openGlossary', q),
    state: () => state,
    chooseOther: (q) => note('chooseOther', q),
    dropOther: (q) => note('dropOther', q),
    weigh: (q) => note('weigh', q),
    judge: (q) => note('judge', q),
    judged: () => judgedOf(scene.classes ?? 10, scene.two === true),
    images: ({ indices }) => indices.map((index) => ({ index, name: `test/${String(index)}.png`, url: pictureUrl(index) })),
    inspect: (q) => note('inspect', q),
    showGallery: (q) => note('showGallery', q),
    evaluate: (q) => note('evaluate', q),
    locate: (q) => note('locate', q),
    cancel: (q) => note('cancel', q),
    saveCsv: (q) => note('saveCsv', q),
  });
  window.emit = (value) => emit('state', value as EvaluationState);
}

function playGallery(): void {
  const checkpoints = [checkpoint('vit-p16-d192-l12 animals', 12, true, false, 0.912), checkpoint('vit-p4-d64-l6 cifar10', 8, true, true, 0.634)].map(withImagesOrNot);
  const kind = scene.kind ?? 'normal';
  const images = scene.images ?? 60;
  const nothing = kind === 'noCheckpoint' || kind === 'noImage';
  const list = nothing || scene.moved || kind === 'error' ? null : galleryList(kind === 'empty' ? 0 : images, scene);
  let state: GalleryState = {
    wish: nothing ? null : { checkpoint: checkpoints[0]?.path ?? '', images: scene.folder ? { folder: '/lab/photos/holidays in the mountains' } : { split: 'test' }, filter: kind === 'empty' ? { right: false } : (scene.filter ?? {}) },
    place: scene.folder ? 'photos/holidays in the mountains' : null,
    checkpoints: kind === 'noCheckpoint' ? [] : checkpoints,
    list, version: list ? 1 : 0,
    busy: kind === 'busy' ? { text: 'Looking for images …', done: 640, of: 2000 } : null,
    error: scene.moved ? MOVED : kind === 'error' ? 'There is no image in /lab/photos/holidays in the mountains.' : null,
    missing: scene.moved === true,
  };
  const picture = pixels(scene.seen);
  const emit = serve<GalleryPanelApi, GalleryEvents>(port, {
    state: () => state,
    look: async (q, call) => {
      note('look', q);
      for (let from = 0; from < q.indices.length; from += 16) {
        if (scene.stall !== undefined && from >= scene.stall) await new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(new Error('Cancelled'))));
        call.progress(q.indices.slice(from, from + 16).map((index) => galleryCard(index, q.method, scene, picture)));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    choose: (q) => {
      note('choose', q);
      state = { ...state, wish: state.wish && { ...state.wish, ...(q.images && { images: q.images }), filter: q.filter }, list: galleryList(q.filter.right === false ? Math.round(images / 5) : images, scene), version: state.version + 1, error: null };
      emit('state', state);
    },
    locate: (q) => note('locate', q),
    chooseFolder: (q) => note('chooseFolder', q),
    chooseCheckpoint: (q) => note('chooseCheckpoint', q),
    cancel: (q) => note('cancel', q),
    inspect: (q) => note('inspect', q),
    save: (q) => note('save', { name: q.name, bytes: Array.from(q.bytes) }),
    runCommand: (q) => note('runCommand', q),
  });
  window.emit = (value) => emit('state', { ...state, ...(value as Partial<GalleryState>) });
}

function playSweep(): void {
  // Networks that mix patches without attending, or have none.
  const convolved = (results: SweepResults): SweepResults => ({ ...results, rows: results.rows.map((row) => (scene.convolved?.includes(row.setting) ? { ...row, patches: 0, tokens: 0, omegaMsa: 0 } : row)) });
  const state = (ended: number): SweepPanelState => ({
    results: convolved(sweepResults(scene.kind === 'empty' ? 0 : ended, scene.three, scene.halving, scene.drawn)),
    error: scene.kind === 'error' ? '/lab/runs/sweep/sweep.json is damaged: entries is no list.' : null,
  });
  const emit = serve<SweepPanelApi, SweepPanelEvents>(port, {
    openGlossary: (q) => note('openGlossary', q),
    state: () => state(scene.ended ?? 18),
    openRun: (q) => note('openRun', q),
    compareRuns: (q) => note('compareRuns', q),
    saveCsv: (q) => note('saveCsv', q),
    savePicture: (q) => note('savePicture', q),
    runCommand: (q) => note('runCommand', q),
  });
  window.playSweep = (ended) => emit('state', state(ended));
}

function playPreview(): void {
  const mix = scene.mix ? ({ kind: scene.mix, lam: 0.62 } as const) : null;
  const state: PreviewState = {
    config: 'cifar10.vit.yaml',
    sweep: false,
    batch: scene.kind === 'empty' ? null : { ...batchPreview(mix), evened: scene.evened === true, warnings: scene.kind === 'error' ? [] : (scene.warnings ?? []) },
    schedule: scene.kind === 'empty' ? null : schedulePreview(),
    busy: scene.kind === 'empty' || scene.kind === 'busy' ? 'Reading the images … 128/4000' : null,
    error: scene.kind === 'error' ? '/lab/cifar10.vit.yaml:3: train.batch_size must be a whole number.' : null,
  };
  const emit = serve<PreviewApi, PreviewEvents>(port, {
    openGlossary: (q) => note('openGlossary', q),
    state: () => state,
    show: (q) => {
      note('show', q);
      emit('state', { ...state, batch: state.batch && { ...state.batch, step: q.step, seed: q.seed ?? 0 } });
    },
    startTraining: (q) => note('startTraining', q),
  });
}

function playGlossary(): void {
  const emit = serve<GlossaryApi, GlossaryEvents>(port, { state: () => ({ term: scene.term ?? null, asked: 1 }) });
  window.emit = (value) => emit('state', value as GlossaryState);
}

if (scene.view === 'glossary') playGlossary();
if (scene.view === 'sweep') playSweep();
if (scene.view === 'preview') playPreview();
if (scene.view === 'inspector') playInspector();
if (scene.view === 'compare') playCompare();
if (scene.view === 'results') playResults();
if (scene.view === 'evaluation') playEvaluation();
if (scene.view === 'gallery') playGallery();
