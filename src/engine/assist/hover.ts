import * as path from 'node:path';
import type { ConfigHover, ConfigPlace } from '../../authoringProtocol';
import { parseConfigFrom } from '../config/load';
import type { Config } from '../config/schema';
import type { Survey } from '../dataset/open';
import { startFacts } from '../finetune/start';
import { offsetOf } from './cursor';
import { effectOf } from './effect';
import { placeOf } from './fixes';
import { meantKey, schemaAt, wordsOfKey } from './meaning';
import { saidOf } from './paper';
import { scan } from './scan';
import { stepsOf } from './steps';
import type { SurveyOf } from './survey';

/** Of so many classes, as CIFAR-10 has them, where the data cannot be read. */
const ASSUMED = 10;

/**
 * What there is to say of the key at a place, or of that whose value stands there; null where there is none.
 *
 * @param surveyOf lists the data of a configuration
 */
export async function hoverConfig({ file, text, line, column }: ConfigPlace, surveyOf: SurveyOf): Promise<ConfigHover | null> {
  const offset = offsetOf(text, line, column);
  const within = ({ start, end }: { start: number; end: number }): boolean => start <= offset && offset <= end;
  const { entries } = scan(text);
  const onLine = (end: number): boolean => !text.slice(offset, end).includes('\n');
  // The innermost: its value may hold others.
  const entry = entries.filter(({ key, value }) => within(key) || (value !== undefined && within(value) && onLine(value.end))).at(-1);
  const key = entry && meantKey(entry.path);
  const schema = key && schemaAt(key);
  if (!entry || !key || !schema) return null;
  const name = key.join('.');
  const said = saidOf(name);
  const effect = await numbersOf(name, file, text, surveyOf);
  const start = placeOf(text, entry.key.start);
  return {
    ...start,
    endLine: start.line,
    endColumn: start.column + entry.key.end - entry.key.start,
    key: name,
    words: wordsOfKey(key, schema),
    ...(said && { paper: `${said.words}\n\n*${said.source}*` }),
    ...(effect !== undefined && { effect }),
  };
}

/** Nothing of a configuration with errors, of which nobody knows what it means. */
async function numbersOf(key: string, file: string, text: string, surveyOf: SurveyOf): Promise<string | undefined> {
  const { config, folder } = await parseConfigFrom(text, file, [], startFacts);
  if (!config) return undefined;
  const survey = await surveyed(config, file, surveyOf);
  const network = effectOf(key, { config, folder, classes: survey?.classes.length ?? ASSUMED, assumed: !survey });
  const steps = survey && stepsOf(key, config, survey);
  return [steps, network].filter((part) => part !== undefined).join('\n\n') || undefined;
}

async function surveyed(config: Config, file: string, surveyOf: SurveyOf): Promise<Survey | undefined> {
  return surveyOf(config.dataset, path.dirname(path.resolve(file))).catch(() => undefined);
}
