import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { SweepSummary, SweepTrial } from '../../../src/protocol';
import { commandIds } from '../../../src/host/ids';
import { theLab, tinyConfig, until, writeFile } from './lab';

const SWEEP = 'sweep: { parameters: { model.patch_size: [4, 8] }, seeds: 2 }\n';

async function current(name: string): Promise<SweepSummary | undefined> {
  const lab = await theLab();
  await lab.sweeps.refresh();
  return lab.sweeps.all.find((sweep) => sweep.name === name);
}

const inState = (name: string, state: SweepSummary['state'], seconds = 120): Promise<SweepSummary> =>
  until(`the sweep ${name} in state ${state}`, async () => {
    const sweep = await current(name);
    return sweep?.state === state && sweep;
  }, seconds);

const nodeOf = (sweep: SweepSummary, trial?: SweepTrial): unknown => (trial ? { kind: 'trial', sweep, trial } : { kind: 'sweep', sweep });

describe('sweeps', () => {
  it('Start Training runs the sweep of a configuration; its queue is changed, paused and gone on with, and its results fill', async () => {
    const lab = await theLab();
    const config = await writeFile('grid.vit.yaml', `${tinyConfig('grid', 60)}${SWEEP}`);
    await vscode.commands.executeCommand(commandIds.startTraining, config);
    const begun = await until('a training that has a run', async () => {
      const sweep = await current('grid');
      return sweep?.trials.some(({ state, step }) => state === 'running' && (step ?? 0) > 0) && sweep;
    }, 90);
    assert.equal(lab.sweeps.led, begun.path);
    assert.equal(begun.trials.length, 4);
    const waiting = begun.trials.filter(({ state }) => state === 'waiting');
    const last = waiting.at(-1)!;
    await vscode.commands.executeCommand(commandIds.moveTrialsFirst, nodeOf(begun, last));
    await vscode.commands.executeCommand(commandIds.skipTrials, nodeOf(begun, waiting[0]));
    const moved = (await current('grid'))!;
    assert.equal(moved.trials.find(({ state }) => state === 'waiting')?.index, last.index);
    assert.equal(moved.trials.find(({ index }) => index === waiting[0]!.index)?.state, 'skipped');

    await vscode.commands.executeCommand(commandIds.pauseSweep, nodeOf(moved));
    const paused = await inState('grid', 'paused');
    assert.ok(paused.trials.every(({ state }) => state !== 'running'));
    await until('this window to let go of it', () => lab.sweeps.led === undefined);

    await vscode.commands.executeCommand(commandIds.retryTrials, nodeOf(paused, paused.trials.find(({ state }) => state === 'skipped')));
    const done = await inState('grid', 'finished', 240);
    assert.ok(done.trials.every(({ state }) => state === 'finished'));

    await vscode.commands.executeCommand(commandIds.showSweep, nodeOf(done));
    const results = await until('its results', () => lab.sweepPanel.state.results);
    assert.deepEqual(results.rows.map(({ finished, val }) => [finished, val?.n]), [[2, 2], [2, 2]]);
    assert.match(await readFile(path.join(done.path, 'results.csv'), 'utf8'), /finished/);
    assert.equal((await readFile(path.join(done.path, 'results.png'))).subarray(1, 4).toString(), 'PNG');
    await vscode.commands.executeCommand(commandIds.showTrial, nodeOf(done, done.trials[0]));
    await until('its run to be selected', () => lab.runsView.selection[0]?.path === done.trials[0]!.run);
  }).timeout(420_000);

  it('a training whose process is killed fails with the reason, the others go on, and it is tried again', async () => {
    const config = await writeFile('killed-trial.vit.yaml', `${tinyConfig('victim', 400)}sweep: { parameters: { model.patch_size: [8] }, seeds: 1 }\n`);
    await vscode.commands.executeCommand(commandIds.runSweep, config);
    const running = await until('its run', async () => (await current('victim'))?.trials.find(({ state, epoch }) => state === 'running' && (epoch ?? 0) > 1), 90);
    const { owner } = JSON.parse(await readFile(path.join(running.run!, 'run.json'), 'utf8')) as { owner: { pid: number } };
    process.kill(owner.pid, 'SIGKILL');
    const over = await inState('victim', 'finished');
    assert.equal(over.trials[0]?.state, 'failed');
    assert.match(over.trials[0].reason ?? '', /SIGKILL.*last checkpoint/);
    await vscode.commands.executeCommand(commandIds.retryTrials, nodeOf(over));
    await until('it to go on from its checkpoint', async () => (await current('victim'))?.trials.some(({ state, epoch }) => state === 'running' && (epoch ?? 0) > 1), 90);
    await vscode.commands.executeCommand(commandIds.pauseSweep);
    const paused = await inState('victim', 'paused');
    assert.equal(paused.trials[0]?.state, 'stopped');
    assert.equal(paused.trials[0].run, running.run);
  }).timeout(240_000);

  it('previews the first batch of a configuration as it is in the editor', async () => {
    const lab = await theLab();
    const config = await writeFile('shown.vit.yaml', tinyConfig('shown', 2));
    await vscode.commands.executeCommand(commandIds.previewTraining, config);
    const { batch, schedule } = lab.preview.state;
    assert.equal(batch?.images.length, 16);
    assert.equal(batch.pixels.length, 16 * 16 * 16 * 3);
    assert.equal(schedule?.epochs, 2);
    const editor = await vscode.window.showTextDocument(config);
    await editor.edit((edit) => edit.replace(editor.document.lineAt(editor.document.lineCount - 2).range, 'train: { epochs: 3, batch_size: 8, warmup_epochs: 0 }'));
    await until('the batch of the edited text', () => lab.preview.state.batch?.images.length === 8 && lab.preview.state.schedule?.epochs === 3);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});
