import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { ensureFolder, writeFileAtomic } from '../../atomic';
import { evaluateCheckpoint } from '../../evaluateCheckpoint';
import { classCsv } from '../../metrics/classCsv';
import { readRecord } from '../../runs/files';
import { stemOf } from '../pipelineFile';
import { runOf, type Step } from '../step';
import { trainName } from './train';

const FOLDER = 'reports/evaluation';

export function evaluateName(config: string, seed: number): string {
  return `evaluate/${stemOf(config)}/seed-${seed}`;
}

/** The best checkpoint of a training on the test images; on those of the validation where there are none. */
export function evaluateStep(config: string, seed: number): Step {
  const trained = trainName(config, seed);
  return {
    name: evaluateName(config, seed),
    kind: 'evaluate',
    after: [trained],
    inputs: () => Promise.resolve({}),
    async run(work) {
      const { plan, looker, signal, progress, log } = work;
      const run = runOf(work, trained);
      const split = (await readRecord(run)).dataset.sizes.test > 0 ? 'test' : 'val';
      if (split === 'val') log('warning', l10n.t('There are no test images: {0} is evaluated on those of the validation, by which its checkpoint was chosen, so that the numbers are too good.', trained));
      const { report, confusion } = await evaluateCheckpoint({ checkpoint: run, split, signal, onProgress: (done, of) => progress(`${l10n.t('Evaluating')} ${done}/${of}`, done / of) }, looker);
      await ensureFolder(path.join(plan.folder, FOLDER));
      const stem = `${stemOf(config)}-seed-${seed}`;
      // Which run it was, the lock says: the same numbers are the same file.
      const files: readonly (readonly [string, string])[] = [
        [`${stem}.json`, `${JSON.stringify({ config, seed, ...report, confusion })}\n`],
        [`${stem}-classes.csv`, classCsv(report)],
      ];
      for (const [name, text] of files) await writeFileAtomic(path.join(plan.folder, FOLDER, name), text);
      const { top1, loss } = report.metrics;
      log('info', l10n.t('{0} on {1} images of {2}: top1 {3}, loss {4}', trained, report.images, split, top1?.toFixed(4) ?? '–', loss?.toFixed(4) ?? '–'));
      return { outputs: files.map(([name]) => `${FOLDER}/${name}`) };
    },
  };
}
