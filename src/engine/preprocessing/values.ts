import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import type { Json } from '../json';
import { UserError } from '../userError';

/** ImageNet's mean and deviation, of torchvision, DeiT, DINO. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
/** Those of OpenAI's CLIP. */
export const CLIP = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };
/** Colours from −1 to 1: Google's ViTs. */
export const HALF = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

export type Settings = Json;

export const side = z.int().min(1).max(4096);
export const numbers = z.union([z.array(z.number()).min(1).max(3), z.number().transform((one) => [one])]);

/**
 * One value of a file of settings; `undefined` where it is not there or null.
 *
 * @throws UserError naming file, key and value when it is none of its kind
 */
export function valueOf<T>(settings: Settings, key: string, kind: z.ZodType<T>, wanted: string, file: string): T | undefined {
  const value = settings[key];
  if (value === undefined || value === null) return undefined;
  const parsed = kind.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(l10n.t('{0}: {1} is {2}, which is no {3}.', file, key, JSON.stringify(value), wanted), { file });
}

/**
 * The roundest `crop_pct` p with floor(side / p) = resized on both axes; `undefined` where there is none up to 1.
 *
 * @param crop rows and columns that the centre crop keeps
 * @param resized rows and columns before it
 */
export function cropPct(crop: readonly [number, number], resized: readonly [number, number]): number | undefined {
  const fits = (pct: number): boolean => pct >= 0.05 && pct <= 1 && crop.every((kept, axis) => Math.floor(kept / pct) === resized[axis]);
  for (let digits = 1; digits < 17; digits++) {
    const pct = Number((crop[0] / resized[0]).toFixed(digits));
    if (fits(pct)) return pct;
  }
  // The quotient itself may fall a hair short of the whole number.
  const between = crop[0] / (resized[0] + 0.5);
  return fits(between) ? between : undefined;
}
