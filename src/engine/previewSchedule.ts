import type { EngineApi, SchedulePreview } from '../protocol';
import type { Origin } from './config/aboutKey';
import { readConfig, readConfigText } from './config/load';
import type { Config } from './config/schema';
import { openNamed, refuseUnfit } from './fitsData';
import { startFacts } from './finetune/start';
import { countedOf, warningsWithData, type Counted } from './oddWithData';
import { scheduleCurve } from './scheduleCurve';

type Question = Parameters<EngineApi['previewSchedule']>[0];

/**
 * What the recipe of a configuration will do, over its steps.
 *
 * @throws UserError when the configuration has errors, or its images cannot be counted
 */
export async function previewSchedule(q: Question, signal: AbortSignal, onProgress: (progress: { readonly done: number; readonly of: number }) => void): Promise<SchedulePreview> {
  const warnings: string[] = [];
  const config = await readConfig(q.text ?? (await readConfigText(q.config)), q.config, q.set ?? [], (message) => warnings.push(message), startFacts);
  if (q.images !== undefined) return scheduleCurve(config, Math.ceil(q.images / config.train.batch_size), warnings);
  const counted = await countImages(config, q, signal, onProgress);
  warnings.push(...(await warningsWithData(config, counted, originOf(q))));
  return scheduleCurve(config, Math.ceil(counted.sizes.train / config.train.batch_size), warnings);
}

function originOf({ config: file, text, set }: Question): Origin {
  return { file, text, set };
}

async function countImages(config: Config, q: Question, signal: AbortSignal, onProgress: (progress: { readonly done: number; readonly of: number }) => void): Promise<Counted> {
  const origin = originOf(q);
  const dataset = await openNamed(config, origin, { signal, acceptBroken: true, onProgress: (done, of) => onProgress({ done, of }) });
  await refuseUnfit(config, dataset, origin);
  return countedOf(dataset);
}
