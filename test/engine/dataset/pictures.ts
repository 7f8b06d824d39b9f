import sharp from 'sharp';
import { configSchema, type Config } from '../../../src/engine/config/schema';

/** A plain PNG whose red is `value`: a dataset of such images shows which one was read. */
export async function plainPng(value: number, side = 8): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 3, background: { r: value, g: 0, b: 0 } } }).png().toBuffer();
}

/** `<prefix><class>/<i>.png` for every class, with red = 40 · class + i. */
export async function classTree(prefix: string, classes: readonly string[], each: number): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const [c, name] of classes.entries())
    for (let i = 0; i < each; i++) files[`${prefix}${name}/${i}.png`] = await plainPng(40 * c + i);
  return files;
}

/** A configuration for images of 8 × 8 in colour. */
export function configOf(dataset: object, rest: object = {}): Config {
  return configSchema.parse({ dataset, image: { size: 8 }, ...rest });
}
