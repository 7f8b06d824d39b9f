import * as l10n from '@vscode/l10n';
import { openOwnSplit } from '../ownDataset';
import { evaluate } from '../trainer';
import { prefixed } from '../training';
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
    return engine.looker.withCheckpoint(terminal.args[0]!, async (opened) => {
      const { path: checkpoint, meta, session } = opened;
      const { signal } = terminal.call();
      const images = await openOwnSplit(opened, split, { data: text(terminal, 'data'), signal });
      const onProgress = (done: number, of: number): void => output.progress(`${l10n.t('Evaluating')} ${done}/${of}`, done / of);
      const { metrics, confusion, stopped } = await evaluate(session, images, meta.config, { classes: meta.classes, signal, onProgress });
      if (stopped) signal.throwIfAborted();
      output.settle();
      const named = prefixed({ ...metrics }, split);
      if (output.json) output.document({ checkpoint, split, images: images.size, metrics: named, confusion });
      else {
        output.print(`${checkpoint}\n${l10n.t('{0} images of {1}', images.size, split)}\n`);
        for (const [name, value] of Object.entries(named)) output.print(`  ${name.padEnd(16)} ${metric(name, value)}`);
        output.print(`\n${l10n.t('Confusion (rows: true class, columns: predicted)')}\n`);
        output.print(table([['', ...confusion.labels], ...confusion.counts.map((row, i) => [confusion.labels[i]!, ...row.map(String)])], output));
      }
      return 0;
    });
  },
};
