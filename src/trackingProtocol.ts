/** What is told of runs that are sent to a tracking server. Types only, as `protocol.ts`. */

/** How a server knows who asks. A token goes before a user; neither is written into a run or a log. */
export interface MlflowCredentials {
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
}

/** Where runs are sent when their configuration does not say, and with whose name. */
export interface TrackingAccess {
  /** Address of the server, where a configuration names none. */
  readonly uri?: string;
  readonly experiment?: string;
  /** Sends trainings as well whose configuration has no `tracking.mlflow`. */
  readonly always?: boolean;
  /** By the origin of a server, e.g. `https://mlflow.example.org`: they are sent there and nowhere else. */
  readonly credentials?: Readonly<Record<string, MlflowCredentials>>;
}

/** A run, or the folder of a sweep, that is to be sent to an MLflow server. */
export interface TrackQuestion {
  readonly run: string;
  readonly uri?: string;
  readonly experiment?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Says what would be sent, and sends nothing. */
  readonly dryRun?: boolean;
  /** Sends it as a new run, also where the server has it already. */
  readonly again?: boolean;
}

/** What was sent, or would be. */
export interface TrackReport {
  readonly run: string;
  /** Without credentials. */
  readonly uri: string;
  readonly experiment: string;
  /** The page of the run; left out where nothing was sent. */
  readonly url?: string;
  readonly runId?: string;
  readonly params: number;
  readonly metrics: number;
  readonly tags: number;
  readonly artifacts: readonly { readonly path: string; readonly bytes: number }[];
  /** What was there before this call. */
  readonly known: { readonly metrics: number; readonly artifacts: number };
  /** What is not as somebody may expect, for people: values cut short, files that the server does not take. */
  readonly notes: readonly string[];
}

/** How far a run is on its server. */
export interface TrackingState {
  readonly uri: string;
  readonly experiment: string;
  readonly url?: string;
  /** `waiting`: something of it is not there yet. */
  readonly state: 'sent' | 'sending' | 'waiting';
  /** ISO 8601, of the last time that the server took something. */
  readonly at?: string;
  /** Why it waits. */
  readonly problem?: string;
}

/** Files that are written from a run for other programs. */
export interface WriteRunQuestion {
  readonly run: string;
  /** Becomes the folder with a folder of the run's name in it. */
  readonly folder: string;
  readonly as: 'tensorboard' | 'csv' | 'json';
}
