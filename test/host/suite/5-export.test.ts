import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { commandIds } from '../../../src/host/ids';
import { theLab, until, workspace } from './lab';

describe('export', () => {
  it('writes the clicked checkpoint as an ONNX model where the dialog says', async () => {
    const lab = await theLab();
    await lab.checkpoints.refresh();
    const checkpoint = lab.checkpoints.all.find(({ run }) => path.basename(run) === 'shapes-sample');
    assert.ok(checkpoint);
    const file = path.join(workspace(), `${checkpoint.runName}-epoch-${checkpoint.epoch}.onnx`.replace(/[^\p{L}\p{N}._-]+/gu, '-'));
    const exporting = vscode.commands.executeCommand(commandIds.exportCheckpoint, { kind: 'checkpoint', checkpoint });
    // Three questions stand in the quick input: for whom, of which one ONNX file is the first; what else, with nothing ticked; and the path that is proposed.
    await until('the file', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      await sleep(500);
      return existsSync(file);
    });
    await exporting;
    const model = await readFile(file);
    assert.ok(model.includes('vision_transformer') && model.includes('label_names') && model.length > 10_000);
    await vscode.workspace.fs.delete(vscode.Uri.file(file));
  });
});
