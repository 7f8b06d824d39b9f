import * as l10n from '@vscode/l10n';
import type { PrecisionChange } from '../../protocol';
import { counting, text, type Terminal } from './command';

/** Measures on the run's own validation images (or those at `--data`) what a lower precision changes, and says it. */
export async function showChange(terminal: Terminal, checkpoint: string, precision: 'fp16' | 'int8'): Promise<PrecisionChange> {
  const { output, engine } = terminal;
  const data = text(terminal, 'data');
  const question = { checkpoint, precision, ...(data === undefined ? {} : { data }) };
  const change = await engine.api.measurePrecision(question, terminal.call(counting(output, l10n.t('Measuring {0}', precision))));
  const { images, top1, agreement, probability } = change;
  output.settle();
  output.note(
    l10n.t(
      '{0} on {1} validation images: top-1 {2}, in fp32 {3}; the same class for {4}; probabilities differ by {5} on average',
      precision, images, percent(top1.lower), percent(top1.fp32), percent(agreement), `${(probability * 100).toFixed(3)} %`,
    ),
  );
  return change;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
