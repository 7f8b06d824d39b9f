import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ConfigProblem } from '../../protocol';
import { readSource, type Source } from '../config/document';
import { parseConfigFrom } from '../config/load';
import type { Config } from '../config/schema';
import { startFacts } from '../finetune/start';
import { oddWithData, type Found } from '../oddWithData';
import { sweepProblems } from './combinations';
import { withFixes } from './fixes';
import type { SurveyOf } from './survey';

/** All that is wrong or odd with a configuration: by its schema, its rules, and what the disk and this machine say of it. */
export async function checkConfig({ file, text }: { readonly file: string; readonly text: string }, surveyOf: SurveyOf): Promise<readonly ConfigProblem[]> {
  const { problems, config, folder } = await parseConfigFrom(text, file, [], startFacts);
  if (!config) return withFixes(problems, text);
  const source = readSource(text, file);
  const survey = await surveyOf(config.dataset, folder).catch(() => undefined);
  const found = [...missingFiles(config, folder), ...(survey ? oddWithData(config, survey) : [])];
  const all = [...problems, ...[...found, ...(await sweepProblems(config, text, file))].map((one) => placed(one, source))];
  return withFixes(all.sort((a, b) => a.line - b.line || a.column - b.column), text);
}

/** Where it stands, where that is not the parts of its key. */
type FoundHere = Found & { readonly at?: readonly (string | number)[] };

function placed({ at, ...found }: FoundHere, source: Source): ConfigProblem {
  return { file: source.file, ...source.placeOf(at ?? found.key.split('.')), ...found };
}

function* missingFiles({ train: { distillation }, probe }: Config, folder: string): Generator<FoundHere> {
  const missing = (written: string): boolean => !existsSync(path.resolve(folder, written.replace(/@[\w-]+$/, ''))) && !existsSync(path.resolve(folder, written));
  const report = (key: string, written: string): Found => ({ key, severity: 'warning', message: l10n.t('There is nothing at {0} ({1} is relative to the configuration file).', path.resolve(folder, written), key) });
  if (distillation?.teacher !== undefined && missing(distillation.teacher)) yield report('train.distillation.teacher', distillation.teacher);
  for (const [i, image] of [probe.image].flat().entries()) if (missing(image)) yield { ...report('probe.image', image), at: ['probe', 'image', ...(Array.isArray(probe.image) ? [i] : [])] };
}
