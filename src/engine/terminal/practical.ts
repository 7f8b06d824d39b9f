import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { PracticalNumber } from '../../protocol';
import { getCifar } from '../practicals/guide';
import { counting, text, UsageError, type Terminal } from './command';
import { invocation, quoted } from './invocation';

const NUMBERS: readonly PracticalNumber[] = [1, 2, 3, 4];

/** `init --practical N`: the folder of a practical, and what to do with it. */
export async function initPractical(terminal: Terminal, wish: string): Promise<number> {
  const { output, engine, args } = terminal;
  const practical = NUMBERS.find((number) => String(number) === wish);
  if (practical === undefined) throw new UsageError(l10n.t('--{0} takes {1}, not {2}', 'practical', NUMBERS.join(' | '), wish));
  const [dataset, classes, mlflow] = [text(terminal, 'dataset'), text(terminal, 'classes'), text(terminal, 'mlflow')];
  const question = {
    practical,
    folder: args[0] ?? `practical-${wish}`,
    ...(dataset !== undefined && { dataset }),
    ...(classes !== undefined && { classes: classes.split(',').map((name) => name.trim()).filter((name) => name !== '') }),
    ...(mlflow !== undefined && { mlflow }),
  };
  const written = await engine.api.writePractical(question, terminal.call(counting(output, l10n.t('Drawing'))));
  output.settle();
  if (output.json) return output.document(written), 0;
  const seen = (file: string): string => quoted(path.relative('', file));
  output.print(l10n.t('Practical {0} is in {1}. Its guide, with the questions to answer: {2}', practical, written.folder, seen(written.guide)));
  for (const file of written.kept) output.print(l10n.t('  {0} was there already and stays as it is.', seen(file)));
  for (const file of written.configs) output.print(`  ${invocation()} ${isSweep(file) ? 'sweep' : 'train'} ${seen(file)}`);
  if (written.data.drawn && practical !== 3) output.print(l10n.t('Its images are drawn. {0}', getCifar()));
  return 0;
}

/** Those of the practicals that train more than once. */
function isSweep(config: string): boolean {
  return /(patches|positions|before-after)\.vit\.yaml$/.test(config);
}
