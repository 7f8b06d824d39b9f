import type { EngineApi, SchedulePreview } from '../protocol';
import { readConfig, readConfigText } from './config/load';
import type { Config } from './config/schema';
import { openNamed, refuseUnfit } from './fitsData';
import { startFacts } from './finetune/start';
import { scheduleCurve } from './scheduleCurve';

type Question = Parameters<EngineApi['previewSchedule']>[0];

/**
 * What the recipe of a configuration will do, over its steps.
 *
 * @throws UserError when the configuration has errors, or its images cannot be counted
 */
export async function previewSchedule(q: Question, signal: AbortSignal, onProgress: (progress: { readonly done: number; readonly of: number }) => void): Promise<SchedulePreview> {
  const config = await readConfig(q.text ?? (await readConfigText(q.config)), q.config, q.set ?? [], undefined, startFacts);
  const images = q.images ?? (await countImages(config, q, signal, onProgress));
  return scheduleCurve(config, Math.ceil(images / config.train.batch_size));
}

async function countImages(config: Config, { config: file, text, set }: Question, signal: AbortSignal, onProgress: (progress: { readonly done: number; readonly of: number }) => void): Promise<number> {
  const origin = { file, text, set };
  const dataset = await openNamed(config, origin, { signal, acceptBroken: true, onProgress: (done, of) => onProgress({ done, of }) });
  await refuseUnfit(config, dataset, origin);
  return dataset.splits.train.size;
}
