import * as l10n from '@vscode/l10n';
import type { EngineTrial, Examination } from '../../protocol';
import { counting, type Command } from './command';
import { table, type Output } from './output';

export const doctorCommand: Command = {
  get summary() {
    return l10n.t('test what can compute here, and say why the rest cannot');
  },
  usage: '[--json]',
  options: {},
  help: {},
  takes: [0, 0],
  async run({ engine, output, call }) {
    const found = await engine.api.examine({}, call(counting(output, l10n.t('Testing engines'))));
    if (output.json) output.document(found);
    else for (const line of lines(found, output)) output.print(line);
    return found.problem === null && found.engines.some(({ works }) => works) ? 0 : 1;
  },
};

function lines({ system, engines, problem }: Examination, output: Output): string[] {
  const heading = [l10n.t('engine'), l10n.t('on'), l10n.t('state'), l10n.t('training step'), ''];
  const taken = engines.some(({ forcedBy }) => forcedBy !== null)
    ? l10n.t('* computes where a configuration leaves it open.')
    : l10n.t('* is what `auto` takes. engine.backend and engine.provider in a configuration take another one.');
  return [
    `ViT Lab ${system.vitLab}, Node.js ${system.node}, ${system.platform}`,
    l10n.t('{0}, {1} cores, {2} GiB of memory', system.processor, system.cores, (system.memoryBytes / 2 ** 30).toFixed(1)),
    '',
    table([heading, ...engines.map(row)], output),
    '',
    problem ?? taken,
  ];
}

function row({ backend, provider, precision, chosen, forcedBy, works, label, reason, stepMs }: EngineTrial): string[] {
  const state = works ? l10n.t('works') : l10n.t('does not work');
  const words = works ? (label ?? '') : (reason ?? '');
  return [`${chosen ? '*' : ' '} ${backend}`, provider ?? (precision === 'bf16' ? 'bf16' : ''), state, stepMs === null ? '' : `${stepMs.toFixed(1)} ms`, forcedBy === null ? words : `${words} (${l10n.t('{0} asks for it', forcedBy)})`];
}
