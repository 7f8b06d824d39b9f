/** What the faces and the engine say of models that were trained elsewhere: fetched, opened, mapped. Types only, as `protocol.ts`. */
import type { CheckpointInfo, ModelFacts } from './protocol';

/** What became of the tensors of foreign weights. Names are timm's; `from` are those of the file. */
export interface MappingReport {
  /** Who names tensors so, e.g. `timm`. */
  readonly scheme: string;
  readonly matched: readonly { readonly name: string; readonly from: readonly string[]; readonly shape: readonly number[] }[];
  /** What the network has and the file has not: drawn anew where that was allowed. */
  readonly missing: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** What the file has and the network has not; with a reason where that is known to be right. */
  readonly unexpected: readonly { readonly name: string; readonly shape: readonly number[]; readonly reason?: string }[];
  readonly resized: readonly { readonly name: string; readonly from: readonly number[]; readonly to: readonly number[]; readonly how: string }[];
  readonly converted: readonly { readonly name: string; readonly from: readonly string[]; readonly shape: readonly number[]; readonly how: readonly string[] }[];
  /** Heads that were replaced because somebody asked for other classes. */
  readonly replaced: readonly { readonly name: string; readonly to: readonly number[]; readonly how: string }[];
}

/** Where a network that was trained elsewhere comes from. */
export interface Origin {
  /** Absolute path of the weights. */
  readonly file: string;
  readonly scheme: string;
  /** How its home resizes position embeddings. */
  readonly positions?: 'timm' | 'hf' | 'dino' | 'torchvision' | 'google';
  readonly report: MappingReport;
  /** Where each key of the network's configuration was found. */
  readonly facts: Readonly<Record<string, string>>;
  /** Where its preprocessing was found, and what of it is odd. */
  readonly preprocessing: { readonly source: string; readonly notes: readonly string[] };
}

export interface ImportOptions {
  /** A file of weights, the index of its parts, or the folder of a model. */
  readonly path: string;
  /** A preset or a configuration whose network it is. */
  readonly model?: string;
  /** Side of another input size, in pixels. */
  readonly imageSize?: number;
  readonly patchSize?: number;
  /** Names of the classes of a new head, which is all zeros. */
  readonly replaceHead?: readonly string[];
  /** Leave out what does not belong to the network, and draw anew what is missing. */
  readonly partial?: boolean;
  /** Where the checkpoint is written; nowhere without it. */
  readonly out?: string;
  readonly force?: boolean;
}

export interface Imported {
  readonly checkpoint: CheckpointInfo;
  readonly origin: Origin;
  readonly facts: ModelFacts;
  readonly classes: readonly string[];
  readonly preprocessing: string;
  readonly out?: string;
}

/** A published model to fetch. */
export interface ModelQuestion {
  /** `owner/name` on the Hugging Face Hub, `hf-hub:owner/name@revision`, a name of the catalogue, or an https address. */
  readonly source: string;
  /** A branch, tag or commit; the main branch without it. */
  readonly revision?: string;
  /** The folder of models: the model gets one of its own in there. */
  readonly models: string;
  /** The model's own folder, in place of that one. */
  readonly to?: string;
  /** Of the Hugging Face Hub; without it that of the environment, `HF_TOKEN`. */
  readonly token?: string;
  /** Address of a proxy, empty for none; without it that of the environment, `HTTPS_PROXY`. */
  readonly proxy?: string;
  /** Hosts that are reached without it, separated by commas. */
  readonly noProxy?: string;
}

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes of all files. */
  readonly done: number;
  readonly of: number;
  readonly file: string;
  /** Bytes a second of the last seconds; 0 before it is known. */
  readonly perSecond: number;
  /** Why it waits. */
  readonly message?: string;
}

export interface GotModel {
  /** `owner/name`, or the address. */
  readonly source: string;
  readonly folder: string;
  readonly commit: string | null;
  /** SPDX identifier in lower case, as the hub tells it. */
  readonly licence: string | null;
  readonly bytes: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /** It was there already, and nothing was fetched. */
  readonly reused: boolean;
}

/** A model that is known to run, or one that is in the folder of models. */
export interface ListedModel {
  readonly source: string;
  readonly params: number | null;
  readonly licence: string | null;
  /** In a line. */
  readonly what: string;
  /** Where it lies, when it has been downloaded. */
  readonly folder: string | null;
}
