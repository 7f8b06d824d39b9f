/**
 * The run store: one folder a run, shared by any number of windows and terminals. Files are the only state; one process
 * at a time writes into a run, everybody may read. This file is the door, the rooms are in `runs/`.
 */
export { compareRuns } from './runs/compare';
export { createRun, type NewRun, type OpenedRun, reopenRun } from './runs/create';
export { readEvaluation } from './runs/evaluation';
export { readProbe } from './runs/probe';
export type { LogLevel } from './log';
export { runName } from './runs/name';
export type { PointEvent } from './runs/points';
export { indexWritten, listRuns, looksLikeRun, readRun, readRuns } from './runs/listing';
export { changeNotes, readNotes } from './runs/notes';
export { listCheckpoints, readConfusion, readMetrics, readRunConfig, resolveCheckpoint } from './runs/read';
export { type Progress, requestStop, type RunWriter } from './runs/writer';
