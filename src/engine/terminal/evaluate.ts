import * as l10n from '@vscode/l10n';
import * as path from 'node:path';
import { openDataset } from '../dataset/open';
import { evaluate } from '../trainer';
import { prefixed } from '../training';
import { UserError } from '../userError';
import { oneOf, text, type Command } from './command';
import { metric, table } from './output';

const SPLITS = ['train', 'val', 'test'] as const;

export const evalCommand: Command = {
  get summary() {
    return l10n.t('evaluate a checkpoint on its dataset');
  },
  usage: 'RUN|CHECKPOINT [--split test|val|train] [--data DIR] [--json]',
  options: { split: { type: 'string', default: 'test' }, data: { type: 'string' } },
  get help() {
    return { split: l10n.t('which images (default test)'), data: l10n.t('another place of the dataset') };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, engine } = terminal;
    const split = oneOf(terminal, 'split', SPLITS, 'test');
    return engine.looker.withCheckpoint(terminal.args[0]!, async ({ path: checkpoint, info, meta, session }) => {
      const data = text(terminal, 'data');
      const config = data === undefined ? meta.config : { ...meta.config, dataset: { ...meta.config.dataset, path: path.resolve(data) } };
      const dataset = await openDataset(config, info.run, { signal: terminal.call().signal, acceptBroken: true });
      if (dataset.classes.join('\n') !== meta.classes.join('\n'))
        throw new UserError(l10n.t('{0} has other classes than {1}.', dataset.path, checkpoint));
      const { size } = dataset.splits[split];
      if (size === 0) throw new UserError(l10n.t('{0} has no images in {1}.', dataset.path, split));
      const { signal } = terminal.call();
      const onProgress = (done: number, of: number): void => output.progress(`${l10n.t('Evaluating')} ${done}/${of}`, done / of);
      const { metrics, confusion, stopped } = await evaluate(session, dataset.splits[split], config, { classes: meta.classes, signal, onProgress });
      if (stopped) signal.throwIfAborted();
      output.settle();
      const named = prefixed({ ...metrics }, split);
      if (output.json) output.document({ checkpoint, split, images: size, metrics: named, confusion });
      else {
        output.print(`${checkpoint}\n${l10n.t('{0} images of {1}', size, split)}\n`);
        for (const [name, value] of Object.entries(named)) output.print(`  ${name.padEnd(16)} ${metric(name, value)}`);
        output.print(`\n${l10n.t('Confusion (rows: true class, columns: predicted)')}\n`);
        output.print(table([['', ...confusion.labels], ...confusion.counts.map((row, i) => [confusion.labels[i]!, ...row.map(String)])], output));
      }
      return 0;
    });
  },
};
