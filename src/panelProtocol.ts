/**
 * What the panels and the host say to each other; the panel of an evaluation has its own file. Types only, as `protocol.ts`.
 * A webview pulls `state` first; the host then sends whole snapshots by the event `state`.
 */
import type { ExplanationOptions, ExplanationScore, ExplanationView } from './explanationProtocol';
import type { BatchPreview } from './previewProtocol';
import type { SweepResults } from './sweepProtocol';
import type { AttentionView, CheckpointInfo, Classified, Comparison, ImageQuestion, ImageView, PositionView, Precision, ProbeImage, RolloutOptions, RolloutView, SchedulePreview, TokenIndex } from './protocol';

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
  /** Set while the engine works; the old view stays. */
  readonly busy: string | null;
  readonly error: string | null;
}

export interface InspectorApi {
  state(q: Record<string, never>): InspectorState;
  attention(q: ImageQuestion & { readonly query: TokenIndex }): AttentionView;
  rollout(q: ImageQuestion & RolloutOptions & { readonly query?: TokenIndex }): RolloutView;
  explain(q: ImageQuestion & ExplanationOptions): readonly ExplanationView[];
  scoreExplanations(q: ImageQuestion & ExplanationOptions): readonly ExplanationScore[];
  positions(q: Omit<ImageQuestion, 'file'>): PositionView;
  chooseCheckpoint(q: { readonly checkpoint: string }): void;
  /** Shows one of the frames of `probe`. */
  chooseFrame(q: { readonly frame: string }): void;
  pin(q: { readonly pinned: boolean }): void;
  /** Gives images to the network at so many times its own size. */
  enlarge(q: { readonly times: number }): void;
  /** Asks the user for an image file. */
  openImage(q: Record<string, never>): void;
  /** Runs a command of the panel's empty states. */
  runCommand(q: { readonly command: 'createSample' | 'startTraining' | 'showLog' }): void;
  /** Asks where to save, and writes what the panel drew. */
  savePng(q: { readonly name: string; readonly png: Uint8Array }): void;
}

export interface InspectorEvents {
  state: InspectorState;
}

export interface CompareState {
  readonly comparison: Comparison;
  readonly error: string | null;
}

export interface CompareApi {
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
  readonly rows: readonly Classified[];
  readonly progress: { readonly done: number; readonly of: number } | null;
  readonly error: string | null;
}

export interface ResultsApi {
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

export interface SweepPanelApi {
  state(q: Record<string, never>): SweepPanelState;
  /** Shows the run of a training. */
  openRun(q: { readonly run: string }): void;
  /** Compares the runs of a combination. */
  compareRuns(q: { readonly runs: readonly string[] }): void;
  saveCsv(q: Record<string, never>): void;
  /** Asks where to save, and writes all pictures as one. */
  savePicture(q: { readonly as: 'svg' | 'png' }): void;
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

export interface PreviewApi {
  state(q: Record<string, never>): PreviewState;
  /** Another batch: the step it is of, and the seed; null is the configuration's. */
  show(q: { readonly step: number; readonly seed: number | null }): void;
  startTraining(q: Record<string, never>): void;
}

export interface PreviewEvents {
  state: PreviewState;
}
