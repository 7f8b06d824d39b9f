import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Core } from './core';
import { taskType } from './ids';
import { diskFolders, engineEnvironment, nodePath } from './settings';

/** Of a project; the engine knows what is in it. */
export const PIPELINE_FILE = 'pipeline.yaml';

/** A task of `tasks.json` of our type: a command of the terminal `vit-lab`. */
interface Definition extends vscode.TaskDefinition {
  readonly command: string;
  readonly args?: readonly string[];
}

/** Runs the command line that comes with the extension as tasks, so that a project needs nothing else to be installed. */
export function registerTasks(core: Core): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.tasks.registerTaskProvider(taskType, {
      provideTasks: () => diskFolders().filter(({ uri }) => existsSync(path.join(uri.fsPath, PIPELINE_FILE))).map((folder) => pipelineTask(core, folder, folder.uri.fsPath)),
      resolveTask: (task) => {
        const { definition } = task;
        const folder = typeof task.scope === 'object' ? task.scope : undefined;
        if (!isDefinition(definition) || !folder || folder.uri.scheme !== 'file') return undefined;
        return taskOf(core, { definition, name: task.name, scope: folder, cwd: folder.uri.fsPath });
      },
    }),
    vscode.tasks.onDidEndTaskProcess(({ execution }) => {
      if (execution.task.definition.type !== taskType) return;
      void core.runs.refresh();
      void core.sweeps.refresh();
    }),
  );
}

/** @param args what follows `vit-lab pipeline` */
export function pipelineTask(core: Core, scope: vscode.WorkspaceFolder | vscode.TaskScope.Workspace, cwd: string, args: readonly string[] = []): vscode.Task {
  return taskOf(core, { definition: { type: taskType, command: 'pipeline', args }, name: vscode.l10n.t('pipeline'), scope, cwd });
}

interface Wish {
  readonly definition: Definition;
  readonly name: string;
  readonly scope: vscode.WorkspaceFolder | vscode.TaskScope.Workspace;
  readonly cwd: string;
}

function taskOf({ context }: Core, { definition, name, scope, cwd }: Wish): vscode.Task {
  const cli = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.js').fsPath;
  const words = vscode.l10n.uri?.fsPath;
  const env = {
    // VS Code's own program is a Node when it is told so.
    ELECTRON_RUN_AS_NODE: '1',
    VITLAB_TASK: '1',
    VITLAB_LANG: vscode.env.language,
    ...(words !== undefined && { VITLAB_L10N: words }),
    ...engineEnvironment(),
  };
  const execution = new vscode.ProcessExecution(nodePath() ?? process.execPath, [cli, definition.command, ...(definition.args ?? [])], { cwd, env });
  const task = new vscode.Task(definition, scope, name, 'ViT Lab', execution, []);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated, clear: true };
  return task;
}

/** Whether what somebody wrote into `tasks.json` is a command of ours. VS Code wants the very object back. */
function isDefinition(given: vscode.TaskDefinition): given is Definition {
  const { command, args = [] } = given as { readonly command?: unknown; readonly args?: unknown };
  return typeof command === 'string' && /^[a-z-]+$/.test(command) && Array.isArray(args) && args.every((arg) => typeof arg === 'string');
}
