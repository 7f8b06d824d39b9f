import * as path from 'node:path';
import type { EngineApi, SchedulePreview } from '../protocol';
import { describeProblem, parseConfigFrom, readConfigText } from './config/load';
import type { Config } from './config/schema';
import { openDataset } from './dataset/open';
import { startFacts } from './finetune/start';
import { scheduleCurve } from './scheduleCurve';
import { UserError } from './userError';

type Question = Parameters<EngineApi['previewSchedule']>[0];

/**
 * What the recipe of a configuration will do, over its steps.
 *
 * @throws UserError when the configuration has errors, or its images cannot be counted
 */
export async function previewSchedule(q: Question, signal: AbortSignal, onProgress: (progress: { readonly done: number; readonly of: number }) => void): Promise<SchedulePreview> {
  const config = await configOf(q);
  const images = q.images ?? (await countImages(config, path.dirname(path.resolve(q.config)), signal, onProgress));
  return scheduleCurve(config, Math.ceil(images / config.train.batch_size));
}

async function configOf({ config: file, text, set = [] }: Question): Promise<Config> {
  const { config, problems } = await parseConfigFrom(text ?? (await readConfigText(file)), file, set, startFacts);
  if (config) return config;
  throw new UserError(problems.filter(({ severity }) => severity === 'error').map(describeProblem).join('\n'), { file });
}

async function countImages(config: Config, folder: string, signal: AbortSignal, onProgress: (progress: { readonly done: number; readonly of: number }) => void): Promise<number> {
  const { splits } = await openDataset(config, folder, { signal, acceptBroken: true, onProgress: (done, of) => onProgress({ done, of }) });
  return splits.train.size;
}
