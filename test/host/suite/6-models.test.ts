import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { commandIds } from '../../../src/host/ids';
import { HubServer, TOKEN } from '../../fixtures/hubServer';
import { theLab, until, workspace } from './lab';

const weights = Buffer.alloc(200_000, 7);
const files = { 'config.json': Buffer.from('{}'), 'model.safetensors': weights };
const KEY = 'vitLab.huggingFaceToken';

describe('get a model', () => {
  let hub: HubServer;

  before(async () => {
    hub = await HubServer.start();
    process.env['HF_ENDPOINT'] = hub.endpoint;
    // The next request starts an engine that knows this hub.
    (await theLab()).looker.end();
  });

  after(async () => {
    delete process.env['HF_ENDPOINT'];
    const lab = await theLab();
    lab.looker.end();
    await lab.context.secrets.delete(KEY);
    await vscode.workspace.fs.delete(vscode.Uri.file(path.join(workspace(), 'models')), { recursive: true });
    await hub.close();
  });

  it('downloads the first one of the list into the workspace', async () => {
    hub.models.set('timm/test_vit.r160_in1k', { files, licence: 'apache-2.0' });
    const file = path.join(workspace(), 'models', 'test_vit.r160_in1k', 'model.safetensors');
    const getting = vscode.commands.executeCommand(commandIds.getModel);
    await until('the model', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      await sleep(500);
      return existsSync(file);
    });
    await getting;
    assert.ok((await readFile(file)).equals(weights));
  });

  it('sends the token of the key store to the hub', async () => {
    const { context } = await theLab();
    hub.models.set('me/private', { files, private: true });
    await context.secrets.store(KEY, TOKEN);
    await vscode.commands.executeCommand(commandIds.getModel, 'me/private');
    assert.ok(existsSync(path.join(workspace(), 'models', 'private', 'model.safetensors')));
    await vscode.commands.executeCommand(commandIds.forgetHuggingFaceToken);
    assert.equal(await context.secrets.get(KEY), undefined);
  });
});
