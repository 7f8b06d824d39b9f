import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { RunSummary } from '../../../src/protocol';
import { commandIds } from '../../../src/host/ids';
import { theLab, tinyConfig, until, workspace, writeFile } from './lab';

async function start(name: string, epochs: number): Promise<RunSummary> {
  const lab = await theLab();
  const config = await writeFile(`${name}.vit.yaml`, tinyConfig(name, epochs));
  await vscode.commands.executeCommand(commandIds.startTraining, config);
  return until(`the run ${name}`, () => lab.runs.all.find((run) => run.name.includes(name)), 90);
}

async function inState(run: RunSummary, state: RunSummary['state'], seconds = 120): Promise<RunSummary> {
  const lab = await theLab();
  return until(`${run.name} in state ${state}`, () => {
    const now = lab.runs.find(run.path);
    return now?.state === state && now;
  }, seconds);
}

describe('training', () => {
  it('trains to the end, and the trees fill', async () => {
    const lab = await theLab();
    const steps: number[] = [];
    const active = lab.checkpoints.active?.path;
    const watching = lab.runs.onDidProgress((live) => live && steps.push(live.step));
    const run = await start('quick', 2);
    const finished = await inState(run, 'finished');
    watching.dispose();
    assert.equal(finished.epoch, 2);
    assert.ok(Number.isFinite(finished.latest['val/loss']));
    assert.ok(steps.length > 0, 'progress was told');
    await until('its checkpoints', () => lab.checkpoints.all.filter((checkpoint) => checkpoint.run === run.path).length >= 1);
    assert.equal(lab.runs.live, undefined);
    assert.equal(lab.checkpoints.active?.path, active, 'the model that was looked into stays');
    assert.ok(lab.compared.has(run.path), 'what trains is compared');
    await vscode.commands.executeCommand(commandIds.showEvaluation, finished);
    const report = await until('its evaluation', () => lab.evaluation.state.report);
    assert.equal(report.metrics['top1'], finished.latest['test/top1']);
  });

  it('tells a second run of the same name apart everywhere', async () => {
    const lab = await theLab();
    const first = await until('the first run', () => lab.runs.all.find((run) => run.name === 'quick'));
    await vscode.commands.executeCommand(commandIds.startTraining, vscode.Uri.file(`${workspace()}/quick.vit.yaml`));
    const second = await until('the second run', () => lab.runs.all.find((run) => run.name.startsWith('quick') && run.path !== first.path), 90);
    await inState(second, 'finished');
    const names = lab.runs.all.filter(({ name }) => name.startsWith('quick')).map(({ name }) => name);
    assert.equal(new Set(names).size, 2);
    await until('its checkpoints', () => lab.checkpoints.all.some(({ runName, run }) => run === second.path && names.includes(runName)));
    await until('the comparison', () => lab.compareView.state.comparison.runs.some(({ path, name }) => path === second.path && names.includes(name)));
  });

  it('fine-tunes a run, and sets it beside what it started from', async () => {
    const lab = await theLab();
    const first = await until('the first run', () => lab.runs.all.find(({ name, state }) => name.startsWith('quick') && state === 'finished'));
    const text = tinyConfig('finetuned', 1).replace(/^(image|model):.*\n( +.*\n)*/gm, '');
    const config = await writeFile('finetuned.vit.yaml', `${text}\nfinetune:\n  from: ${JSON.stringify(first.path)}\n  unfreeze: head\n`);
    await vscode.commands.executeCommand(commandIds.startTraining, config);
    const run = await until('the fine-tuned run', () => lab.runs.all.find(({ name }) => name === 'finetuned'), 90);
    const finished = await inState(run, 'finished');
    assert.equal(finished.start?.run, first.path);
    await lab.compared.set([]);
    await vscode.commands.executeCommand(commandIds.compareWithStart, finished);
    assert.deepEqual(lab.compared.runs, [first.path, run.path]);
    const shown = await until('both curves', () => {
      const { runs } = lab.compareView.state.comparison;
      return runs.length === 2 && runs;
    });
    assert.equal(shown[1]?.curves['val/top1']?.epochs[0], 0, 'what the weights reached before the first step');
  });

  it('stops with a checkpoint and goes on from there', async () => {
    const lab = await theLab();
    const run = await start('stopping', 500);
    await until('some steps', () => (lab.runs.live?.step ?? 0) > 3);
    await vscode.commands.executeCommand(commandIds.startTraining, vscode.Uri.file('/another.vit.yaml'));
    assert.equal(lab.runs.live?.run, run.path, 'a second training is refused while one is under way');
    await vscode.commands.executeCommand(commandIds.stopTraining, lab.runs.find(run.path));
    const stopped = await inState(run, 'stopped');
    assert.ok(stopped.resumable);
    await vscode.commands.executeCommand(commandIds.resumeTraining, stopped);
    await until('steps after the stop', () => (lab.runs.live?.step ?? 0) > stopped.step, 90);
    await vscode.commands.executeCommand(commandIds.stopTraining, lab.runs.find(run.path));
    await inState(run, 'stopped');
  });

  it('survives kill -9 of the training process: the run is interrupted and can be resumed', async () => {
    const lab = await theLab();
    const run = await start('killed', 500);
    await until('a checkpoint', () => lab.checkpoints.all.some((checkpoint) => checkpoint.run === run.path));
    assert.ok(lab.trainer.pid);
    process.kill(lab.trainer.pid, 'SIGKILL');
    const interrupted = await inState(run, 'interrupted');
    assert.ok(interrupted.resumable);
    assert.equal(lab.runs.live, undefined);
    await vscode.commands.executeCommand(commandIds.resumeTraining, interrupted);
    await until('steps after the kill', () => (lab.runs.live?.step ?? 0) > 0, 90);
    await vscode.commands.executeCommand(commandIds.stopTraining, lab.runs.find(run.path));
    await inState(run, 'stopped');
  });
});
