import * as vscode from 'vscode';
import { leftToOthers, type Helper } from './yamlExtension';

/** What of a document's help another extension gives, as it is installed and set. */
export function leftIn(document: vscode.TextDocument): Helper {
  const yaml = vscode.workspace.getConfiguration('yaml', document);
  const there = (id: string): boolean => vscode.extensions.getExtension(id) !== undefined;
  return leftToOthers(
    { language: document.languageId, name: document.fileName, text: document.getText() },
    {
      yaml: there('redhat.vscode-yaml') ? { problems: yaml.get('validate', true), completion: yaml.get('completion', true), hover: yaml.get('hover', true) } : undefined,
      json: there('vscode.json-language-features') ? { problems: vscode.workspace.getConfiguration('json', document).get('validate.enable', true), completion: true, hover: true } : undefined,
    },
  );
}
