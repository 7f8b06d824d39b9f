import * as vscode from 'vscode';
import type { ListedModel } from '../protocol';

interface Item extends vscode.QuickPickItem {
  readonly source: string;
}

/** Lets the user pick a model of the catalogue, or write any name or address. */
export function chooseModel(models: readonly ListedModel[]): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  const known = models.map(itemOf);
  pick.title = vscode.l10n.t('Get a Model');
  pick.placeholder = vscode.l10n.t('Pick one, or write OWNER/NAME of the Hugging Face Hub, or an https address');
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = known;
  pick.onDidChangeValue((value) => (pick.items = [...written(value, models), ...known]));
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]?.source);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

function itemOf({ source, params, licence, what, folder }: ListedModel): Item {
  const size = params === null ? [] : [vscode.l10n.t('{0} M parameters', (params / 1e6).toFixed(1))];
  const there = folder === null ? [] : [vscode.l10n.t('downloaded')];
  return { source, label: `$(${folder === null ? 'cloud-download' : 'pass-filled'}) ${source}`, description: [...size, ...(licence === null ? [] : [licence]), ...there].join(' · '), detail: what };
}

/** What is written is an entry of its own as soon as it can be a name. */
function written(value: string, models: readonly ListedModel[]): Item[] {
  const source = value.trim();
  if (!source.includes('/') || models.some((model) => model.source === source)) return [];
  return [{ source, label: `$(search) ${source}`, description: vscode.l10n.t('from the hub, or from this address'), alwaysShow: true }];
}
