import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { theLab, tinyConfig, until, writeFile } from './lab';

const ours = (uri: vscode.Uri): vscode.Diagnostic[] => vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'ViT Lab');

describe('a configuration in the editor', () => {
  it('has its problems at their place, with a fix for a key that is nearly right', async () => {
    await theLab();
    const uri = await writeFile('wrong.vit.yaml', tinyConfig('wrong', 1).replace('depth:', 'dept:'));
    await vscode.window.showTextDocument(uri);
    const [problem] = await until('a problem', () => ours(uri).length > 0 && ours(uri));
    assert.ok(problem);
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.lineAt(problem.range.start.line).text, /dept:/);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', uri, problem.range);
    const fix = actions.find(({ title }) => title.includes('depth'));
    assert.ok(fix?.edit);
    await vscode.workspace.applyEdit(fix.edit);
    await until('no problem', () => ours(uri).length === 0);
    assert.match(document.getText(), /\bdepth: 1/);
    await document.save();
  });

  it('of a sweep the whole dotted key is changed, and its quotes stay', async () => {
    await theLab();
    const uri = await writeFile('swept.vit.yaml', `${tinyConfig('swept', 1)}\nsweep:\n  parameters:\n    'model.dept': [1, 2]\n`);
    await vscode.window.showTextDocument(uri);
    const problem = await until('a problem', () => ours(uri).find(({ message }) => message.includes('model.dept')));
    const document = await vscode.workspace.openTextDocument(uri);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', uri, problem.range);
    const fix = actions.find(({ title }) => title === 'Change to "model.depth"');
    assert.ok(fix?.edit);
    await vscode.workspace.applyEdit(fix.edit);
    assert.match(document.getText(), /'model\.depth': \[1, 2\]/);
    await until('no problem', () => ours(uri).length === 0);
    // What each value allows by itself, and both together do not.
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(document.lineCount - 1, 0), '    model.num_heads: [2, 3]\n');
    await vscode.workspace.applyEdit(edit);
    const odd = await until('the combination', () => ours(uri).find(({ message }) => message.includes('num_heads 3')));
    assert.match(document.lineAt(odd.range.start.line).text, /num_heads/);
    await document.save();
  });

  it('leaves YAML files of others alone', async () => {
    await theLab();
    const uri = await writeFile('other.yaml', 'jobs:\n  train:\n    steps: []\n');
    await vscode.window.showTextDocument(uri);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.deepEqual(ours(uri), []);
  });

  it('offers to train it', async () => {
    await theLab();
    const uri = await writeFile('lens.vit.yaml', tinyConfig('lens', 1));
    await vscode.window.showTextDocument(uri);
    const lenses = await until('a lens', async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 5);
      return found.length > 0 && found;
    });
    assert.deepEqual(lenses.map(({ command }) => command?.command), ['vitLab.startTraining', 'vitLab.previewTraining', 'vitLab.estimate', 'vitLab.inspectUntrained', 'vitLab.compareWith']);
  });

  it('is completed and explained, and what its rules find is put right', async () => {
    const uri = await writeFile('help.vit.yaml', 'dataset:\n  format: shapes\nmodel:\n  embed_dim: 30\n  pos\n');
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', uri, new vscode.Position(4, 5));
    const found = items.find(({ label }) => typeof label === 'object' && label.label === 'pos_embed');
    assert.ok(found);
    assert.match((found.documentation as vscode.MarkdownString).value, /Positional information/);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, new vscode.Range(4, 0, 5, 0), '');
    await vscode.workspace.applyEdit(edit);
    const problem = await until('the rule', () => ours(uri).find(({ code }) => code === 'model.num_heads'));
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', uri, problem.range);
    const fix = actions.find(({ title }) => title === 'Set model.embed_dim to 32');
    assert.ok(fix?.edit);
    await vscode.workspace.applyEdit(fix.edit);
    await until('no problem', () => ours(uri).length === 0);
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, new vscode.Position(3, 4));
    const words = hover!.contents.map((part) => (part as vscode.MarkdownString).value).join('\n');
    for (const part of ['Width D.', '| **32** |', 'Dosovitskiy']) assert.ok(words.includes(part), words);
    await document.save();
  });

  it('stands beside another one as an architecture, in a table that follows when a file is saved', async () => {
    await theLab();
    const one = await writeFile('one.vit.yaml', tinyConfig('one', 1));
    const other = await writeFile('other.vit.yaml', tinyConfig('other', 1).replace(/model:.*/, 'model: {architecture: mixer, patch_size: 8, embed_dim: 16, depth: 2}'));
    await vscode.commands.executeCommand('vitLab.compareArchitectures', one, [one, other]);
    const shown = (): boolean => vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => /architectures/i.test(label)));
    await until('the table', shown);
    // What is rendered is read a moment after its tab is there.
    const document = await until('its text', () => vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'vitlab-architectures'));
    assert.match(document.getText(), /\| one \| other \|/);
    assert.match(document.getText(), /mixer-p8-d16-l2/);
    await vscode.window.showTextDocument(one);
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    const at = editor.document.getText().indexOf('depth: ');
    await editor.edit((edit) => edit.replace(new vscode.Range(editor.document.positionAt(at), editor.document.positionAt(at + 8)), 'depth: 3'));
    await editor.document.save();
    await until('the table of the saved file', () => /-l3-/.test(document.getText()));
  });
});
