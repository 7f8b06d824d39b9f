import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ComparedConfig } from '../../../projectProtocol';
import { ensureFolder, writeFileAtomic } from '../../atomic';
import { csvText } from '../../csv';
import { speaking } from '../../language';
import { languageOf } from '../pipelineFile';
import { COMPARED, comparisonOf, readEvaluations, type Evaluation } from '../results';
import type { Step } from '../step';

const FOLDER = 'reports';

/** The numbers of all evaluations as tables: each training, and each configuration over its seeds. */
export function compareStep(after: readonly string[]): Step {
  return {
    name: 'compare',
    kind: 'compare',
    after,
    inputs: ({ plan }) => Promise.resolve({ 'report.language': languageOf(plan) }),
    async run({ plan, lock, log }) {
      const evaluations = await readEvaluations(plan, lock);
      const compared = comparisonOf(evaluations);
      await ensureFolder(path.join(plan.folder, FOLDER));
      await writeFileAtomic(path.join(plan.folder, FOLDER, 'evaluations.csv'), csvText(rowsOf(evaluations)));
      await writeFileAtomic(path.join(plan.folder, FOLDER, 'comparison.md'), speaking(languageOf(plan), () => page(compared, evaluations)));
      for (const { config, metrics } of compared) log('info', `${config}: top1 ${cellOf('top1', metrics['top1'])}, loss ${cellOf('loss', metrics['loss'])}`);
      return { outputs: ['evaluations.csv', 'comparison.md'].map((name) => `${FOLDER}/${name}`) };
    },
  };
}

function rowsOf(evaluations: readonly Evaluation[]): string[][] {
  const head = ['config', 'seed', 'split', 'images', 'epoch', ...COMPARED, 'top1_low', 'top1_high'];
  const number = (value: number | null | undefined): string => (typeof value === 'number' ? String(value) : '');
  return [head, ...evaluations.map(({ config, seed, split, images, epoch, metrics, intervals }) => [config, ...[seed].map(String), split, String(images), String(epoch), ...COMPARED.map((name) => number(metrics[name])), ...(intervals['top1'] ?? [undefined, undefined]).map(number)])];
}

function page(compared: readonly ComparedConfig[], evaluations: readonly Evaluation[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [{ split, images }] = evaluations as readonly [Evaluation];
  return [
    `# ${l10n.t('Comparison')}`,
    '',
    l10n.t('{0} images of {1}; mean ± standard deviation over the seeds.', images, split),
    '',
    row([l10n.t('configuration'), l10n.t('seeds'), ...COMPARED]),
    `|---|--:|${'--:|'.repeat(COMPARED.length)}`,
    ...compared.map(({ config, seeds, metrics }) => row([config.replaceAll('|', '\\|'), String(seeds), ...COMPARED.map((name) => cellOf(name, metrics[name]))])),
    '',
    l10n.t('Whether one is better than another, and not by chance, is tested on the same images in the report.'),
    '',
  ].join('\n');
}

/** Loss as a number, the others in per cent. */
export function cellOf(name: string, value: { readonly mean: number; readonly sd: number | null } | undefined): string {
  if (!value) return '–';
  const shown = (of: number): string => (name === 'loss' ? of.toFixed(4) : `${(of * 100).toFixed(1)} %`);
  return value.sd === null ? shown(value.mean) : `${shown(value.mean)} ± ${shown(value.sd)}`;
}
