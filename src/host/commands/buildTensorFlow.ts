import * as vscode from 'vscode';
import { offer } from '../failures';
import type { Lab } from '../lab';
import { setTensorFlowFolder } from '../settings';
import { demandTrust } from '../trust';
import { withEngine } from '../withEngine';

/** Builds native TensorFlow as `vit-lab build-tensorflow` does, and offers to use it. */
export async function buildTensorFlow(lab: Lab): Promise<void> {
  demandTrust();
  const build = vscode.l10n.t('Build');
  const detail = vscode.l10n.t('npm and pip download TensorFlow, about 2 GB on the disk, and a C++ compiler builds its binding for Node.js. Needed are npm, Python 3 with venv and a C++ compiler, on Linux or macOS. It takes some minutes.');
  if ((await vscode.window.showInformationMessage(vscode.l10n.t('Build native TensorFlow on this machine?'), { modal: true, detail }, build)) !== build) return;
  const { folder, version } = await withEngine(lab, vscode.l10n.t('Building native TensorFlow'), async (client, call) =>
    client.buildTensorFlow({}, { ...call, onProgress: (line) => (lab.log.info(`[looker] ${String(line)}`), call.onProgress(line)) }),
  );
  const use = { label: vscode.l10n.t('Use It'), run: () => setTensorFlowFolder(folder) };
  offer('info', vscode.l10n.t('TensorFlow {0} is ready in {1}. Trainings use it where it is faster, once the setting vitLab.engine.tensorFlowFolder names this folder.', version, folder), [use], lab.log);
}
