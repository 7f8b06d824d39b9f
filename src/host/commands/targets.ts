import * as vscode from 'vscode';
import type { CheckpointInfo, RunSummary, SweepSummary } from '../../protocol';
import type { CheckpointNode } from '../views/checkpointsTree';

/** The arguments with which VS Code calls a command of a menu: the clicked item and the whole selection. */
export type Arguments = readonly unknown[];

/** Files of a command from the explorer, an editor title or a caller; empty from the palette. */
export function urisOf([first, all]: Arguments): readonly vscode.Uri[] {
  const many = Array.isArray(all) ? all.filter((entry) => entry instanceof vscode.Uri) : [];
  if (many.length > 0) return many;
  return first instanceof vscode.Uri ? [first] : [];
}

/** Runs of a command from the Runs view; without arguments (a key) the selected ones. */
export function runsOf([first, all]: Arguments, selection: readonly RunSummary[]): readonly RunSummary[] {
  const many = Array.isArray(all) ? all.filter(isRun) : [];
  if (many.length > 0) return many;
  return isRun(first) ? [first] : first === undefined ? selection : [];
}

export function checkpointsOf([first, all]: Arguments, selection: readonly CheckpointNode[]): readonly CheckpointInfo[] {
  const nodes: readonly unknown[] = Array.isArray(all) ? all : first === undefined ? selection : [first];
  return nodes.filter(isCheckpointNode).map(({ checkpoint }) => checkpoint);
}

function isRun(value: unknown): value is RunSummary {
  return typeof value === 'object' && value !== null && 'path' in value && 'state' in value && 'resumable' in value;
}

function isCheckpointNode(value: unknown): value is Extract<CheckpointNode, { kind: 'checkpoint' }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'checkpoint' && 'checkpoint' in value;
}

/** The folder of the sweep that a menu of the Sweeps view means. */
export function sweepFolderOf([node]: Arguments): string | undefined {
  return typeof node === 'object' && node !== null && 'kind' in node && node.kind === 'sweep' && 'sweep' in node ? (node.sweep as SweepSummary).path : undefined;
}
