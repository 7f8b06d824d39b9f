import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { buildTensorFlow, defaultBuildFolder } from '../compile/tensorflow/build';
import { text, type Command } from './command';

export const buildTensorflowCommand: Command = {
  get summary() {
    return l10n.t('build native TensorFlow for this Node: npm, pip and a C++ compiler are needed');
  },
  usage: '[--out FOLDER] [--python PATH] [--gpu] [--json]',
  options: { out: { type: 'string' }, python: { type: 'string' }, gpu: { type: 'boolean' } },
  get help() {
    return {
      out: l10n.t('the folder that gets it (default: tensorflow, in the folder for caches)'),
      python: l10n.t('a Python that has TensorFlow (default: an environment is made in the folder)'),
      gpu: l10n.t('for NVIDIA GPUs, with the CUDA of pip'),
    };
  },
  takes: [0, 0],
  async run(terminal) {
    const { output, values } = terminal;
    const folder = path.resolve(text(terminal, 'out') ?? defaultBuildFolder());
    const python = text(terminal, 'python');
    const { signal } = terminal.call();
    const built = await buildTensorFlow({ folder, gpu: values['gpu'] === true, signal, onLine: (line) => output.note(line), ...(python !== undefined && { python }) });
    if (output.json) output.document({ folder, ...built });
    else
      for (const line of [
        l10n.t('TensorFlow {0} is ready in {1}.', built.version, folder),
        l10n.t('In VS Code, set vitLab.engine.tensorFlowFolder to this folder. In a terminal:'),
        `  export VITLAB_TFJS_NODE=${folder}`,
        l10n.t('vit-lab doctor shows how fast it is here.'),
      ])
        output.print(line);
    return 0;
  },
};
