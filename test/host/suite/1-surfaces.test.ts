import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commandIds } from '../../../src/host/ids';
import { theLab, until } from './lab';

describe('the surfaces', () => {
  it('registers every command of the manifest', async () => {
    await theLab();
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(Object.values(commandIds).filter((id) => !known.has(id)), []);
  });

  it('starts no engine before somebody looks, then shows the run of the sample', async () => {
    const lab = await theLab();
    await vscode.commands.executeCommand('vitLab.runs.focus');
    const run = await until('a run in the Runs view', () => lab.runsView.getChildren().find((node) => 'path' in node));
    const item = lab.runsView.getTreeItem(run);
    assert.equal(item.label, lab.runs.rowOf(run).label);
    assert.match(String(item.description), /\d+\/\d+/);
    assert.equal(lab.trainer.pid, undefined);
  });

  it('shows checkpoints under their run, with one active', async () => {
    const lab = await theLab();
    await until('checkpoints', () => lab.checkpoints.all.length > 0);
    const groups = lab.checkpointsView.getChildren();
    const items = groups.flatMap((group) => lab.checkpointsView.getChildren(group)).map((node) => lab.checkpointsView.getTreeItem(node));
    assert.equal(items.filter((item) => (item.iconPath as vscode.ThemeIcon).id === 'circle-filled').length, 1);
  });

  it('brings a bundled checkpoint that needs no workspace', async () => {
    const lab = await theLab();
    await until('the bundled checkpoint', () => lab.checkpoints.all.some((checkpoint) => lab.checkpoints.isBundled(checkpoint)));
  });

  it('shows what the test of the sample found', async () => {
    const lab = await theLab();
    const run = await until('a run', () => lab.runs.all[0]);
    await vscode.commands.executeCommand(commandIds.showEvaluation, run);
    const report = await until('the evaluation', () => lab.evaluation.state.report);
    assert.equal(lab.evaluation.state.run, run.name);
    assert.equal(report.split, 'test');
    assert.equal(report.metrics['top1'], run.latest['test/top1']);
  });

  it('compares the ticked runs, and forgets those that are unticked', async () => {
    const lab = await theLab();
    const run = await until('a run', () => lab.runs.all[0]);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand(commandIds.compareRuns, run);
    // Where it is seen, whether the view of the side bar is open or not.
    await until('the comparison in the editor area', () => vscode.window.tabGroups.activeTabGroup.activeTab?.label === 'ViT Compare');
    const compared = await until('the comparison', () => lab.compareView.state.comparison.runs[0]);
    assert.equal(compared.path, run.path);
    assert.equal((lab.runsView.getTreeItem(run).checkboxState as { state: number }).state, vscode.TreeItemCheckboxState.Checked);
    await vscode.commands.executeCommand(commandIds.clearComparison);
    await until('an empty comparison', () => lab.compareView.state.comparison.runs.length === 0);
  });
});
