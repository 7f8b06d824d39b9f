import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GalleryCard } from '../../../src/protocol';
import { commandIds } from '../../../src/host/ids';
import { sampleImages, theLab, until, workspace } from './lab';

describe('images', () => {
  it('classifies several images into the table of results', async () => {
    const lab = await theLab();
    const images = await sampleImages(3);
    await vscode.commands.executeCommand(commandIds.classifyImage, images[0], images);
    const { rows, error, progress } = lab.results.state;
    assert.equal(error, null);
    assert.equal(progress, null);
    assert.deepEqual(rows.map(({ file }) => file).sort(), images.map(({ fsPath }) => fsPath).sort());
    for (const { predictions } of rows) {
      assert.equal(predictions.length, 5);
      const shares = predictions.map(({ probability }) => probability);
      assert.deepEqual(shares, [...shares].sort((a, b) => b - a));
      assert.ok(shares.every((share) => share >= 0 && share <= 1));
    }
  });

  it('classifies in the precision of the settings where its change was shown before, and says so', async () => {
    const lab = await theLab();
    const checkpoint = lab.checkpoints.active;
    assert.ok(checkpoint);
    const change = await (await lab.looker.client()).measurePrecision({ checkpoint: checkpoint.path, precision: 'int8' });
    await lab.context.workspaceState.update('agreedPrecisions', [[['int8', checkpoint.path, checkpoint.modified].join(' '), change]]);
    const settings = vscode.workspace.getConfiguration('vitLab');
    await settings.update('classify.precision', 'int8', vscode.ConfigurationTarget.Workspace);
    try {
      const [image] = await sampleImages(1);
      await vscode.commands.executeCommand(commandIds.classifyImage, image);
      const { precision, change: told, rows, error } = lab.results.state;
      assert.deepEqual([precision, error, rows.length], ['int8', null, 1]);
      assert.match(told ?? '', /^Measured on \d+ validation images of the run:/);
    } finally {
      await settings.update('classify.precision', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it('lists an unreadable file with its reason and classifies the others', async () => {
    const lab = await theLab();
    const broken = vscode.Uri.file(`${workspace()}/broken.png`);
    await vscode.workspace.fs.writeFile(broken, new TextEncoder().encode('no picture'));
    const [good] = await sampleImages(1);
    await vscode.commands.executeCommand(commandIds.classifyImage, broken, [broken, good]);
    const { rows } = lab.results.state;
    assert.equal(rows.length, 2);
    assert.ok(rows.find(({ file }) => file === broken.fsPath)?.error);
    assert.equal(rows.find(({ file }) => file === good?.fsPath)?.error, undefined);
    await vscode.workspace.fs.delete(broken);
  });

  it('looks inside with the image in the editor and follows the next one', async () => {
    const lab = await theLab();
    const [first, second] = await sampleImages(2);
    await vscode.commands.executeCommand('vscode.open', first, vscode.ViewColumn.One);
    await vscode.commands.executeCommand(commandIds.inspectImage);
    const view = await until('the first image', () => lab.inspector.state.view?.file === first?.fsPath && lab.inspector.state.view);
    assert.notEqual(lab.inspector.column, vscode.window.tabGroups.activeTabGroup.viewColumn, 'the image keeps the focus');
    assert.equal(view.grid.rows * view.model.patchSize[0], view.model.imageSize[0]);
    assert.equal(view.seen.rgba.length, 4 * view.seen.width * view.seen.height);
    await vscode.commands.executeCommand('vscode.open', second, vscode.ViewColumn.One);
    await until('the second image', () => lab.inspector.state.view?.file === second?.fsPath);
    assert.equal(lab.inspector.state.error, null);
  });

  it('is not covered by an image that is opened while it has the focus, and one more inspector stands beside it', async () => {
    const lab = await theLab();
    const [, , third] = await sampleImages(3);
    const { column } = lab.inspector;
    const inGroup = () => vscode.window.tabGroups.all.find(({ viewColumn }) => viewColumn === column)!.tabs.map(({ label }) => label);
    const before = inGroup();
    await vscode.commands.executeCommand('workbench.action.focusSecondEditorGroup');
    await until('the focus in the inspector', () => vscode.window.tabGroups.activeTabGroup.viewColumn === column);
    await vscode.commands.executeCommand('vscode.open', third);
    await until('the third image', () => lab.inspector.state.view?.file === third?.fsPath);
    assert.deepEqual(inGroup(), before, 'the image is in the group of the images');
    assert.equal(lab.inspector.column, column);
    await vscode.commands.executeCommand(commandIds.inspectAnother, third);
    await until('two inspectors', () => lab.inspector.openPanels === 2 && vscode.window.tabGroups.all.length === 3);
    assert.deepEqual(inGroup(), before, 'both are seen');
    const [other] = vscode.window.tabGroups.all.find(({ viewColumn }) => viewColumn === column! + 1)!.tabs;
    await vscode.window.tabGroups.close(other!);
    await until('one inspector', () => lab.inspector.openPanels === 1);
  });

  it('looks inside another checkpoint when it is made active', async () => {
    const lab = await theLab();
    const other = await until('another checkpoint', () => lab.checkpoints.all.find(({ path }) => path !== lab.checkpoints.active?.path));
    await vscode.commands.executeCommand(commandIds.useCheckpoint, { kind: 'checkpoint', checkpoint: other });
    await until('the other checkpoint', () => lab.inspector.state.view?.checkpoint.path === other.path);
    assert.equal(lab.checkpoints.active?.path, other.path);
  });

  it('shows a gallery of a folder: every image of it has its card and its map', async () => {
    const lab = await theLab();
    const sample = await until('the sample', () => lab.checkpoints.all.find((one) => lab.checkpoints.isSample(one) && !lab.checkpoints.isBundled(one)));
    await lab.checkpoints.choose(sample.path);
    const folder = vscode.Uri.file(`${workspace()}/images/test/circle`);
    await vscode.commands.executeCommand(commandIds.showGallery, folder);
    const { list, version, wish } = await until('the list of images', () => lab.gallery.state.busy === null && lab.gallery.state.list && lab.gallery.state);
    assert.ok(list && wish && version > 0);
    assert.deepEqual(wish.images, { folder: folder.fsPath });
    assert.equal(list.labelled, true);
    const files = (await vscode.workspace.fs.readDirectory(folder)).filter(([name]) => name.endsWith('.png'));
    assert.equal(list.indices.length, files.length);
    const cards: GalleryCard[] = [];
    const client = await lab.looker.client();
    await client.lookAtGallery({ checkpoint: wish.checkpoint, images: wish.images, indices: [...list.indices], method: 'rollout' }, { onProgress: (value) => cards.push(...(value as GalleryCard[])) });
    assert.equal(cards.length, files.length);
    assert.ok(cards.every(({ map, url, error }) => error === undefined && map?.length === (list.grid?.rows ?? 0) * (list.grid?.columns ?? 0) && url.startsWith('data:image/png')));
  });

  it('a gallery of the wrong images of a split, which a search finds', async () => {
    const lab = await theLab();
    const checkpoint = await until('the sample', () => lab.checkpoints.all.find((one) => lab.checkpoints.isSample(one) && !lab.checkpoints.isBundled(one)));
    await lab.gallery.show({ checkpoint: checkpoint.path, images: { split: 'test' }, filter: { right: false } });
    const { list, error } = lab.gallery.state;
    assert.equal(error, null);
    assert.equal(list?.order, 'surest');
    assert.ok(list.indices.length < list.size / 2);
  });

  it('survives kill -9 of the engine: the request ends with a message, the next one starts it again', async () => {
    const lab = await theLab();
    const client = await lab.looker.client();
    const pid = lab.looker.pid;
    assert.ok(pid);
    const [image] = await sampleImages(1);
    const checkpoint = lab.checkpoints.active?.path ?? '';
    const pending = client.classify({ checkpoint, paths: [workspace()], top: 1 });
    process.kill(pid, 'SIGKILL');
    await assert.rejects(pending, /SIGKILL[\s\S]*ViT Lab/);
    await vscode.commands.executeCommand(commandIds.classifyImage, image);
    assert.equal(lab.results.state.error, null);
    assert.equal(lab.results.state.rows.length, 1);
    assert.notEqual(lab.looker.pid, pid);
  });
});
