import * as vscode from 'vscode';
import type { EngineTrial } from '../../protocol';
import { offer } from '../failures';
import { commandIds } from '../ids';
import type { Lab } from '../lab';
import { setEngineChoice } from '../settings';
import { withEngine } from '../withEngine';

interface Item extends vscode.QuickPickItem {
  readonly choice?: { readonly backend: string; readonly provider: string };
  readonly trial?: EngineTrial;
}

/** Tests every engine, shows how each did, and makes the one that is picked the default. */
export async function checkEngines(lab: Lab): Promise<void> {
  const { system, engines, problem } = await withEngine(lab, vscode.l10n.t('Testing the engines of this machine'), (client, call) => client.examine({}, call));
  for (const { backend, provider, label, reason } of engines) lab.log.info(`${label ?? [backend, provider].filter(Boolean).join(' ')}: ${reason ?? 'works'}`);
  if (problem !== null) lab.log.warn(problem);
  const chosen = await vscode.window.showQuickPick([automatic(), ...engines.map(itemOf)], {
    title: vscode.l10n.t('Engines on {0}, {1} cores', system.processor, system.cores),
    placeHolder: problem ?? vscode.l10n.t('Pick the one that computes where a configuration leaves it open'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen?.choice) {
    await setEngineChoice(chosen.choice);
    offer('info', vscode.l10n.t('{0} computes from now on, where a configuration leaves it open.', nameOf(chosen)), []);
  } else if (chosen?.trial) tellWhyNot(chosen.trial);
}

function nameOf({ label }: Item): string {
  return label.replace(/^\$\([\w-]+\) /, '');
}

/** What cannot be the default: an engine that does not work, or a precision, which a configuration chooses. */
function tellWhyNot({ backend, provider, works, reason }: EngineTrial): void {
  if (works) return offer('info', vscode.l10n.t('bfloat16 is chosen by a configuration: engine.precision: bf16'), []);
  const build = { label: vscode.l10n.t('Build Native TensorFlow…'), run: () => vscode.commands.executeCommand(commandIds.buildTensorFlow) };
  const name = [backend, provider].filter(Boolean).join(' · ');
  offer('warning', vscode.l10n.t('{0} does not work here: {1}', name, reason ?? '?'), backend.startsWith('tfjs-node') ? [build] : []);
}

function automatic(): Item {
  return {
    label: `$(sparkle) ${vscode.l10n.t('Automatic')}`,
    description: vscode.l10n.t('the fastest that works'),
    choice: { backend: 'auto', provider: 'auto' },
  };
}

function itemOf(trial: EngineTrial): Item {
  const { backend, provider, precision, works, chosen, forcedBy, label, reason, stepMs } = trial;
  const name = [backend, provider, precision === 'fp32' ? null : precision].filter(Boolean).join(' · ');
  const asked = forcedBy === null ? [] : [vscode.l10n.t('{0} asks for it', forcedBy)];
  if (!works) return { label: `$(circle-slash) ${name}`, description: [vscode.l10n.t('does not work here'), ...asked].join(' · '), detail: reason ?? '', trial };
  const speed = stepMs === null ? [] : [vscode.l10n.t('{0} ms a training step of the test', stepMs.toFixed(1))];
  return {
    label: `$(${chosen ? 'pass-filled' : 'pass'}) ${name}`,
    description: [...(chosen ? [vscode.l10n.t('in use')] : []), ...asked, ...speed].join(' · '),
    detail: label ?? '',
    trial,
    // The precision is a matter of the configuration.
    ...(precision === 'fp32' && { choice: { backend, provider: provider ?? 'auto' } }),
  };
}
