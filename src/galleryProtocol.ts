/** Many images and where a network looks in each of them, and what the panel of them and the host say to each other. Types only, as `protocol.ts`. */
import type { ExplanationMethod } from './explanationProtocol';
import type { ImageSet } from './featureProtocol';
import type { CheckpointInfo } from './runProtocol';

/** What lies over the images: rollout, the attention of the class token in the last block (mean of the heads; without a class token mean of the patches), or Chefer's relevance for the predicted class. */
export type GalleryMethod = Extract<ExplanationMethod, 'rollout' | 'attention' | 'chefer'>;

/** Which images of a set are shown; classes are places among the network's. What is left out does not matter. */
export interface GalleryFilter {
  /** Images of this class. */
  readonly is?: number;
  /** Images that are taken for this class. */
  readonly as?: number;
  readonly right?: boolean;
  /** These alone, as places in the set, in this order: of an evaluation, which may have said another class with test-time augmentation. */
  readonly indices?: readonly number[];
}

export interface GalleryQuestion {
  readonly checkpoint: string;
  readonly images: ImageSet;
}

/** The images of a set that are shown. */
export interface GalleryList {
  /** Places in the set. */
  readonly indices: Int32Array;
  /**
   * `name`: the order of the set. `drawn`: there are more than `few` of them, and the set may be in the order of its classes: mixed, the same each time.
   * `surest`: what was predicted of all was asked for, and the surest come first. `given`: as the question has them.
   */
  readonly order: 'name' | 'drawn' | 'surest' | 'given';
  /** Images of the whole set. */
  readonly size: number;
  /** The network's classes; empty without a head. */
  readonly classes: readonly string[];
  /** Whether classes of images are known: of a dataset all, of a folder those that lie in one with the name of a class. */
  readonly labelled: boolean;
  /** Grid of a map; null of a network without attention, which has no maps. */
  readonly grid: { readonly rows: number; readonly columns: number } | null;
  /** Whether it has a class token, whose row the last attention is; of a network without one it is the mean of the patches' rows. */
  readonly classToken: boolean;
  /** Size of the network's input. */
  readonly imageSize: readonly [height: number, width: number];
  /** The network, for people. */
  readonly model: string;
}

/** What a network makes of an image. */
export interface GalleryCard {
  /** Place in the set. */
  readonly index: number;
  /** Where it comes from, for people. */
  readonly name: string;
  /** Why there is nothing more. */
  readonly error?: string;
  /** Its class, where that is known. */
  readonly truth: number | null;
  /** The most probable class, how probable it is, and the entropy of all probabilities in nats; null without a head. */
  readonly guess: number | null;
  readonly confidence: number | null;
  readonly entropy: number | null;
  /** [rows, columns]; null without attention. */
  readonly map: Float32Array | null;
  /** Entropy in nats of the map brought to sum 1: 0 is one patch, ln(rows · columns) all alike. */
  readonly spread: number | null;
  /** `data:` address of the image as the network is given it, at most 192 pixels wide or high; empty where it could not be read. */
  readonly url: string;
}

export interface GalleryEngineApi {
  /** Chooses images of a set. What asks for predictions takes a pass over all that may be meant; progress: `{done, of}`. */
  findGallery(q: GalleryQuestion & { readonly filter: GalleryFilter; readonly few: number }): GalleryList;
  /** What the network makes of images. Progress: `GalleryCard[]`, each once, as they are ready; an image that cannot be read is one that says so. */
  lookAtGallery(q: GalleryQuestion & { readonly indices: readonly number[]; readonly method: GalleryMethod }): void;
  /** Where an image of a set is to be had as a file: its own, or one that is written for it where it lies in an archive. */
  galleryFile(q: GalleryQuestion & { readonly index: number }): { readonly file: string };
  /** Lets go of all that galleries hold, and of a network that nobody else looks into. */
  closeGallery(q: { readonly network: string | null }): void;
}

// ---------------------------------------------------------------------------------------------------------------------
// The panel. As every webview it pulls `state` first; the host then sends whole snapshots.

/** What is wished for: kept over a reload. */
export interface GalleryWish {
  readonly checkpoint: string;
  readonly images: ImageSet;
  readonly filter: GalleryFilter;
}

export interface GalleryState {
  /** Null while nothing was chosen. */
  readonly wish: GalleryWish | null;
  /** The folder, for people; null of a split. */
  readonly place: string | null;
  readonly checkpoints: readonly CheckpointInfo[];
  /** The images that are shown; the old ones stay while others are looked for. */
  readonly list: GalleryList | null;
  /** Changes with the list: whoever asks for images of an old one is refused. 0 of none. */
  readonly version: number;
  /** Set while images are looked for. */
  readonly busy: { readonly text: string; readonly done?: number; readonly of?: number } | null;
  readonly error: string | null;
  /** Whether the error is that images were not found: `locate` asks where they lie. */
  readonly missing: boolean;
  /** Of a page that was saved, which has no engine behind it: all there is. */
  readonly saved?: { readonly cards: readonly GalleryCard[]; readonly method: GalleryMethod };
}

export interface GalleryPanelApi {
  state(q: Record<string, never>): GalleryState;
  /** Progress: `GalleryCard[]`. */
  look(q: { readonly version: number; readonly indices: readonly number[]; readonly method: GalleryMethod }): void;
  /** Shows other images: of a split, or by another filter. */
  choose(q: { readonly images?: { readonly split: 'train' | 'val' | 'test' }; readonly filter: GalleryFilter }): void;
  /** Asks the user for a folder. */
  chooseFolder(q: Record<string, never>): void;
  chooseCheckpoint(q: { readonly checkpoint: string }): void;
  /** Asks where the images lie now, keeps that with the run, and looks for them again. */
  locate(q: Record<string, never>): void;
  /** Ends the search for images. */
  cancel(q: Record<string, never>): void;
  /** Opens an image and looks inside with this network. */
  inspect(q: { readonly version: number; readonly index: number }): void;
  /** Asks where to save, and writes what the panel drew or counted. */
  save(q: { readonly name: string; readonly bytes: Uint8Array }): void;
  /** Runs a command of the panel's empty state. */
  runCommand(q: { readonly command: 'createSample' | 'startTraining' }): void;
}

export interface GalleryEvents {
  state: GalleryState;
}
