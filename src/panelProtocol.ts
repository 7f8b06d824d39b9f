/**
 * What the panels and the host say to each other; the panel of an evaluation has its own file. Types only, as `protocol.ts`.
 * A webview pulls `state` first; the host then sends whole snapshots by the event `state`.
 */
import type { ExplanationOptions, ExplanationScore, ExplanationView } from './explanationProtocol';
import type { FilterView, FlowBox, FlowQuestion, FlowValues, FlowView, Plan, PlanQuestion, TokenisedView } from './flowProtocol';
import type { FeatureApi, ImageSet } from './featureProtocol';
import type { GlossaryLink } from './glossaryProtocol';
import type { BatchPreview } from './previewProtocol';
import type { SweepResults } from './sweepProtocol';
import type { AttentionDirection, AttentionStack, AttentionView, CheckpointInfo, Classified, Comparison, HeadStatistics, ImageQuestion, ImageView, PositionView, Precision, ProbeImage, RolloutOptions, RolloutView, SchedulePreview, ScoresView, TokenIndex } from './protocol';

/** What every inspector state holds; `view` is what can be shown now. */
export interface InspectorState {
  /** The image in the editor, or the pinned one. */
  readonly file: string | null;
  readonly pinned: boolean;
  /** All checkpoints of the workspace, newest run first, and the bundled one. */
  readonly checkpoints: readonly CheckpointInfo[];
  /** The one that is looked into. */
  readonly checkpoint: string | null;
  readonly view: ImageView | null;
  /** How many times the network's own size images are given to it: positions are resampled, and attention becomes finer. */
  readonly times: number;
  /** The same of `view`, while another is wished. */
  readonly viewTimes: number;
  /** What the training of the run that is looked into kept of its probe images; null of a run without. */
  readonly probe: {
    readonly run: string;
    readonly images: readonly ProbeImage[];
    /** The one that the slider goes through. */
    readonly image: number;
    /** The frame that is shown in place of a checkpoint: then it is `checkpoint`, too. */
    readonly frame: string | null;
    /** Whether the newest is shown as it comes. */
    readonly following: boolean;
  } | null;
  /** What is compared with it: B beside A. */
  readonly against: AgainstState | null;
  /** Set while the engine works; the old view stays. */
  readonly busy: string | null;
  readonly error: string | null;
  /** A page that was saved: there is no engine behind it, and nothing else to choose. */
  readonly standalone?: true;
}

export interface MeasuredHeads extends HeadStatistics {
  /** What was measured over, for people. */
  readonly over: string;
}

/** Which checkpoint and image B is; null is the one of A, and goes along with it. */
export interface Against {
  readonly checkpoint: string | null;
  readonly file: string | null;
}

export interface AgainstState extends Against {
  readonly view: ImageView | null;
  readonly error: string | null;
}

export interface InspectorApi extends FeatureApi, GlossaryLink {
  state(q: Record<string, never>): InspectorState;
  attention(q: ImageQuestion & { readonly query: TokenIndex; readonly direction: AttentionDirection }): AttentionView;
  /** All attention at once, so that a moving pointer asks nothing; null where it is too much for a page. */
  attentionStack(q: ImageQuestion): AttentionStack | null;
  /** What a layer's softmax reads. */
  scores(q: ImageQuestion & { readonly layer: number }): ScoresView;
  /** Distance and entropy of each head over a folder that the user chooses, or over the run's validation images; null where none is chosen. Progress: `{done, of}`. */
  measureHeads(q: { readonly checkpoint: string; readonly over: 'folder' | 'validation' } & Pick<ImageQuestion, 'size'>): MeasuredHeads | null;
  rollout(q: ImageQuestion & RolloutOptions & { readonly query?: TokenIndex }): RolloutView;
  explain(q: ImageQuestion & ExplanationOptions): readonly ExplanationView[];
  scoreExplanations(q: ImageQuestion & ExplanationOptions): readonly ExplanationScore[];
  positions(q: Omit<ImageQuestion, 'file'>): PositionView;
  flow(q: FlowQuestion): FlowView;
  flowBox(q: FlowQuestion & { readonly box: FlowBox }): FlowValues;
  tokens(q: ImageQuestion): TokenisedView;
  filter(q: Omit<ImageQuestion, 'file'> & { readonly dimension: number }): FilterView;
  plan(q: PlanQuestion): Plan;
  /** Asks the user for a folder of images to compare with; null when none was chosen. */
  chooseFolder(q: Record<string, never>): { readonly folder: string } | null;
  /** Shows a neighbour in the editor, and looks inside it. */
  openNeighbour(q: { readonly checkpoint: string; readonly images: ImageSet; readonly index: number }): void;
  chooseCheckpoint(q: { readonly checkpoint: string }): void;
  /** Shows one of the frames of `probe`. */
  chooseFrame(q: { readonly frame: string }): void;
  pin(q: { readonly pinned: boolean }): void;
  /** Gives images to the network at so many times its own size. */
  enlarge(q: { readonly times: number }): void;
  /** Asks the user for an image file, for A or for B. */
  openImage(q: { readonly side?: 'a' | 'b' }): void;
  /** Shows a picture that was pasted or dropped: of a file the address of the editor, else its bytes. */
  takeImage(q: { readonly name: string; readonly uri?: string; readonly bytes?: Uint8Array }): void;
  /** Puts B beside A, or takes it away. */
  compareWith(q: { readonly against: Against | null }): void;
  /** A becomes B and B becomes A. */
  swapSides(q: Record<string, never>): void;
  /** Runs a command that the panel offers: in its empty states, and where another network may know more of a picture. */
  runCommand(q: { readonly command: 'createSample' | 'startTraining' | 'showLog' | 'importWeights' }): void;
  /** Asks where to save, and writes what the panel drew or counted. */
  save(q: { readonly name: string; readonly bytes: Uint8Array }): void;
  /** Asks where to save, and writes the panel as a web page that needs nothing beside it. */
  savePage(q: StandalonePage & { readonly name: string }): void;
}

/** What a web page of the panel holds: what the panel was told, so that it answers itself, and how it looked. */
export interface StandalonePage<State = InspectorState> {
  readonly title: string;
  readonly language: string;
  readonly state: State;
  /** What the webview keeps of its place. */
  readonly kept: unknown;
  /** Answers of the host by method and parameters, as `answerKey.ts` names them. */
  readonly answers: readonly (readonly [key: string, value: unknown])[];
  /** The variables and classes of the theme. */
  readonly theme: { readonly variables: string; readonly classes: string };
}

export interface InspectorEvents {
  state: InspectorState;
}

export interface CompareState {
  readonly comparison: Comparison;
  /** Place of each run in the palette: the same in every page and after a reload. */
  readonly slots: Readonly<Record<string, number>>;
  readonly error: string | null;
}

export interface CompareApi extends GlossaryLink {
  state(q: Record<string, never>): CompareState;
  openWide(q: Record<string, never>): void;
  saveCsv(q: { readonly csv: string; readonly name?: string }): void;
  /** Asks where to save, and writes a chart. */
  savePicture(q: { readonly name: string; readonly kind: 'png' | 'svg'; readonly bytes: Uint8Array }): void;
  /** Shows the evaluation of a run, or of two side by side. */
  showEvaluation(q: { readonly runs: readonly string[] }): void;
  runCommand(q: { readonly command: 'startTraining' | 'createSample' }): void;
}

export interface CompareEvents {
  state: CompareState;
}

export interface ResultsState {
  readonly checkpoint: CheckpointInfo | null;
  /** What the numbers were computed in. */
  readonly precision: Precision;
  /** What a lower precision was measured to change, for people. */
  readonly change: string | null;
  /** All that the network knows; empty until the images are classified. */
  readonly classes: readonly string[];
  readonly rows: readonly Classified[];
  readonly progress: { readonly done: number; readonly of: number } | null;
  readonly error: string | null;
}

export interface ResultsApi extends GlossaryLink {
  state(q: Record<string, never>): ResultsState;
  /** Opens the picture in the editor. */
  open(q: { readonly file: string }): void;
  /** Opens the picture and looks inside. */
  inspect(q: { readonly file: string }): void;
  saveCsv(q: { readonly csv: string }): void;
  cancel(q: Record<string, never>): void;
}

export interface ResultsEvents {
  state: ResultsState;
}

export interface SweepPanelState {
  readonly results: SweepResults | null;
  readonly error: string | null;
}

export interface SweepPanelApi extends GlossaryLink {
  state(q: Record<string, never>): SweepPanelState;
  /** Shows the run of a training. */
  openRun(q: { readonly run: string }): void;
  /** Compares the runs of a combination. */
  compareRuns(q: { readonly runs: readonly string[] }): void;
  saveCsv(q: Record<string, never>): void;
  /** Asks where to save, and writes all pictures of a metric as one. */
  savePicture(q: { readonly as: 'svg' | 'png'; readonly metric: 'val' | 'test' }): void;
  runCommand(q: { readonly command: 'pauseSweep' | 'resumeSweep' | 'retryTrials' }): void;
}

export interface SweepPanelEvents {
  state: SweepPanelState;
}

/** What a training will do, before it is begun. */
export interface PreviewState {
  /** The configuration's file name. */
  readonly config: string | null;
  /** Whether it is one of many trainings. */
  readonly sweep: boolean;
  readonly batch: BatchPreview | null;
  readonly schedule: SchedulePreview | null;
  /** Set while the engine works; the old batch stays. */
  readonly busy: string | null;
  readonly error: string | null;
}

export interface PreviewApi extends GlossaryLink {
  state(q: Record<string, never>): PreviewState;
  /** Another batch: the step it is of, and the seed; null is the configuration's. */
  show(q: { readonly step: number; readonly seed: number | null }): void;
  startTraining(q: Record<string, never>): void;
}

export interface PreviewEvents {
  state: PreviewState;
}
