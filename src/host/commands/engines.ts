import * as vscode from 'vscode';
import type { EngineTrial } from '../../protocol';
import { signalOf } from '../failures';
import type { Lab } from '../lab';
import { setEngineChoice } from '../settings';

interface Item extends vscode.QuickPickItem {
  readonly choice?: { readonly backend: string; readonly provider: string };
}

/** Tests every engine, shows how each did, and makes the one that is picked the default. */
export async function checkEngines(lab: Lab): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Testing the engines of this machine'), cancellable: true };
  const { system, engines } = await vscode.window.withProgress(options, async (progress, token) => {
    const client = await lab.looker.client();
    const onProgress = (value: unknown): void => {
      const { done, of } = value as { readonly done: number; readonly of: number };
      progress.report({ message: `${done}/${of}`, increment: done > 0 && of > 0 ? 100 / of : 0 });
    };
    return client.examine({}, { signal: signalOf(token), onProgress });
  });
  for (const { backend, provider, label, reason } of engines) lab.log.info(`${label ?? [backend, provider].filter(Boolean).join(' ')}: ${reason ?? 'works'}`);
  const chosen = await vscode.window.showQuickPick([automatic(), ...engines.map(itemOf)], {
    title: vscode.l10n.t('Engines on {0}, {1} cores', system.processor, system.cores),
    placeHolder: vscode.l10n.t('Pick the one that computes where a configuration leaves it open'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen?.choice) await setEngineChoice(chosen.choice);
}

function automatic(): Item {
  return {
    label: `$(sparkle) ${vscode.l10n.t('Automatic')}`,
    description: vscode.l10n.t('the fastest that works'),
    choice: { backend: 'auto', provider: 'auto' },
  };
}

function itemOf({ backend, provider, works, chosen, label, reason, stepMs }: EngineTrial): Item {
  const name = [backend, provider].filter(Boolean).join(' · ');
  if (!works) return { label: `$(circle-slash) ${name}`, description: vscode.l10n.t('does not work here'), detail: reason ?? '' };
  const speed = stepMs === null ? '' : vscode.l10n.t('{0} ms a training step of the test', stepMs.toFixed(1));
  return {
    label: `$(${chosen ? 'pass-filled' : 'pass'}) ${name}`,
    description: chosen ? vscode.l10n.t('in use · {0}', speed) : speed,
    detail: label ?? '',
    choice: { backend, provider: provider ?? 'auto' },
  };
}
