import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { CheckpointInfo } from '../../protocol';
import { foreignInfo, loadCheckpoint, saveCheckpoint } from '../checkpoint';
import { readConfig, readConfigText } from '../config/load';
import { surveyDataset } from '../dataset/open';
import { startFacts } from '../finetune/start';
import { initParams } from '../model/params';
import { vitSpec } from '../model/spec';
import { ensureFolder } from '../atomic';
import { UserError } from '../userError';
import { VERSION } from '../version';

/** A name of a run has so many characters at most. */
const MOST = 80;

/**
 * Writes the weights that a training of a configuration would begin with, those of its seed. Where it starts from trained
 * weights there is nothing untrained to look at.
 *
 * @throws UserError when the configuration has errors, or its classes cannot be read
 */
export async function writeUntrained({ config: place, text, file }: { readonly config: string; readonly text?: string; readonly file: string }): Promise<CheckpointInfo> {
  const config = await readConfig(text ?? (await readConfigText(place)), place, [], undefined, startFacts);
  if (config.finetune?.from !== undefined) throw new UserError(l10n.t('{0} starts from the trained weights {1}; look into those.', place, config.finetune.from), { file: place });
  const { classes, format } = await surveyDataset(config.dataset, path.dirname(path.resolve(place)));
  const { sweep: _, ...one } = config;
  const stem = path.basename(place).replace(/(\.vit)?\.(ya?ml|json)$/i, '');
  const name = l10n.t('{0}, untrained', config.name ?? stem).slice(0, MOST);
  await ensureFolder(path.dirname(file));
  await saveCheckpoint(file, initParams(vitSpec(config.image, config.model, classes.length), config.seed), {
    format: 'vit-lab/1',
    version: VERSION,
    config: { ...one, name },
    classes,
    epoch: 0,
    step: 0,
    metrics: {},
    dataset: { name: config.dataset.path === undefined ? format : path.basename(config.dataset.path), fingerprint: '' },
    engine: '',
    created: new Date().toISOString(),
  });
  return foreignInfo(await loadCheckpoint(file));
}
