import type * as vscode from 'vscode';
import type { ActiveImage } from './activeImage';
import type { Checkpoints } from './checkpoints';
import type { Compared } from './compared';
import type { EngineClient } from './engineClient';
import type { Runs } from './runs';
import type { RunsShown } from './runsShown';
import type { Sweeps } from './sweeps';

/** What views and panels stand on. */
export interface Core {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** The engine process that trains. */
  readonly trainer: EngineClient;
  /** The engine process that reads runs, classifies and inspects; it stays quick while a training runs. */
  readonly looker: EngineClient;
  /** The engine process that leads sweeps; it starts with the first one. */
  readonly leader: EngineClient;
  readonly activeImage: ActiveImage;
  readonly runs: Runs;
  /** Which of them the Runs view lists, and how. */
  readonly runsShown: RunsShown;
  readonly sweeps: Sweeps;
  readonly checkpoints: Checkpoints;
  readonly compared: Compared;
}
