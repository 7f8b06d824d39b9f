import { createInterface } from 'node:readline/promises';
import * as l10n from '@vscode/l10n';
import type { Difference } from '../../protocol';
import { UserError } from '../userError';
import { text, type Command, type Terminal } from './command';
import { namedRuns } from './namedRuns';
import { table } from './output';
import { follow, movedHelp, movedPlaces } from './train';

export const rerunCommand: Command = {
  get summary() {
    return l10n.t('train a run once more from its folder; first say what is not as it was');
  },
  usage: 'RUN [--runs DIR] [--data PLACE] [--weights PLACE] [--teacher PLACE] [--yes] [--json]',
  options: { runs: { type: 'string' }, data: { type: 'string' }, weights: { type: 'string' }, teacher: { type: 'string' }, yes: { type: 'boolean', short: 'y' } },
  get help() {
    return {
      runs: l10n.t('folder for the new run (default: beside the old one)'),
      ...movedHelp(),
      yes: l10n.t('go on although something differs'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, engine, args, values } = terminal;
    const run = (await namedRuns(args))[0]!;
    const places = movedPlaces(terminal, ['data', 'weights', 'teacher']);
    output.progress(l10n.t('Comparing with what the run was trained on'));
    const differences = await engine.api.compareWithRecord({ run, ...places }, terminal.call());
    tell(terminal, differences);
    const missing = differences.filter((difference) => difference.missing);
    if (missing.length > 0) throw new UserError(l10n.t('This run cannot be trained again: {0}', missing.map(({ what, recorded, place }) => l10n.t('{0} is missing: {1}', what, recorded) + (place === undefined ? '' : l10n.t(' (name where it lies now: --{0} PLACE)', place))).join('; ')));
    if (differences.length > 0 && values['yes'] !== true && !(await agreed())) throw new UserError(l10n.t('Not started, as something differs. Give --yes to train all the same.'));
    const runs = text(terminal, 'runs');
    return follow(terminal, (onProgress) => engine.api.rerunTraining({ run, ...places, ...(runs !== undefined && { runs }) }, terminal.call(onProgress)));
  },
};

function tell({ output }: Terminal, differences: readonly Difference[]): void {
  if (output.json) return output.document({ type: 'compared', differences });
  if (differences.length === 0) return output.print(l10n.t('Nothing differs: the same weights are to be expected, bit for bit.'));
  output.print(table([[l10n.t('differs'), l10n.t('then'), l10n.t('now')], ...differences.map(({ what, recorded, now }) => [what, recorded, now])], output));
}

/** Asks where somebody can answer. */
async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^\s*[yjs]/i.test(await lines.question(`${l10n.t('The weights may come out differently. Train all the same? (y/n)')} `));
  } finally {
    lines.close();
  }
}
