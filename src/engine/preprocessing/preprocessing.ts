import * as l10n from '@vscode/l10n';
import { isObject } from '../json';
import type { ImageConfig } from '../config/schema';
import { familyOf } from './families';
import { readProcessor } from './processor';
import { readPretrainedCfg } from './timm';

export type Size = readonly [rows: number, columns: number];

/** What is known of how the images of foreign weights were prepared. */
export interface PreprocessingQuestion {
  /** Content of `preprocessor_config.json`, parsed. */
  readonly preprocessor?: unknown;
  /** Content of timm's `config.json`, parsed: with a `pretrained_cfg`, or in the flat form of old ones. */
  readonly timm?: unknown;
  /** Whose names the weights have, such as `timm`, `torchvision`, `hf-v4`: chooses the default where no file says more. */
  readonly scheme: string;
  /** timm's name of the network, where it is known: timm's families differ. */
  readonly architecture?: string | undefined;
  /** Side of the network's input, or [rows, columns]; where it is not known, that of the file or of the family. */
  readonly size?: number | readonly number[] | undefined;
}

/** How images become the input of foreign weights. */
export interface Preprocessing {
  /** Keys of `image` in a configuration. */
  readonly image: Partial<ImageConfig>;
  /** Where `image` comes from, in one sentence. */
  readonly source: string;
  /** What was passed over, replaced or cannot be followed to the pixel, a sentence each. Show them. */
  readonly notes: readonly string[];
}

/**
 * The preprocessing that belongs to foreign weights: a file beside them wins over the default of their family.
 *
 * @throws UserError naming the key and its value, when a file says what cannot be understood
 */
export function preprocessingOf(q: PreprocessingQuestion): Preprocessing {
  const size = q.size === undefined ? undefined : pair(q.size);
  const said = fromFiles(q);
  const found = said ?? familyOf(q.scheme, q.architecture, size);
  if (size === undefined) return found;
  const resized = { ...found, image: { ...found.image, size: size[0] === size[1] ? size[0] : size } };
  const own = said?.image.size;
  if (own === undefined || String(pair(own)) === String(size)) return resized;
  return { ...resized, notes: [...found.notes, l10n.t('The preprocessing is for images of {0} pixels, the network takes {1}: its size was taken.', pair(own).join(' × '), size.join(' × '))] };
}

function pair(size: number | readonly number[]): [number, number] {
  return typeof size === 'number' ? [size, size] : [size[0]!, size[1]!];
}

/** Of two files the one of the weights' own library; where the other one says something else, that is noted. */
function fromFiles({ preprocessor, timm, scheme }: PreprocessingQuestion): Preprocessing | undefined {
  const wrapped = isObject(preprocessor) && isObject(preprocessor['pretrained_cfg']);
  const processor = preprocessor === undefined ? undefined : wrapped ? readPretrainedCfg(preprocessor, 'preprocessor_config.json') : readProcessor(preprocessor);
  const pretrained = saysSomething(timm) ? readPretrainedCfg(timm, 'config.json') : undefined;
  if (processor === undefined || pretrained === undefined) return processor ?? pretrained;
  const [first, second] = scheme === 'timm' ? [pretrained, processor] : [processor, pretrained];
  const differ = keysThatDiffer(first.image, second.image);
  if (differ.length === 0) return first;
  return { ...first, notes: [...first.notes, l10n.t('Two files tell of preprocessing and differ ({0}); it was taken from the first: {1}', differ.join(', '), first.source)] };
}

/** A `config.json` of another library has no word of preprocessing. */
function saysSomething(timm: unknown): boolean {
  return isObject(timm) && (isObject(timm['pretrained_cfg']) || 'input_size' in timm || 'crop_pct' in timm);
}

function keysThatDiffer(a: Partial<ImageConfig>, b: Partial<ImageConfig>): string[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof ImageConfig)[];
  return keys.filter((key) => a[key] !== undefined && b[key] !== undefined && JSON.stringify(a[key]) !== JSON.stringify(b[key])).map((key) => `${key}: ${JSON.stringify(a[key])}, ${JSON.stringify(b[key])}`);
}
