import { z } from 'zod';
import { configSchema } from './schema';
import { nearest } from './nearest';

/** A schema without its defaults. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? bare(schema.unwrap()) : schema;
}

/** The fields of the section at a path, or nothing when the path leads to a value or nowhere. */
export function fieldsAt(path: readonly string[]): Readonly<Record<string, z.ZodType>> | undefined {
  let schema: z.core.$ZodType = configSchema;
  for (const key of path) {
    if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.shape, key)) return undefined;
    schema = bare(schema.shape[key] as z.core.$ZodType);
  }
  return schema instanceof z.ZodObject ? (schema.shape) : undefined;
}

/** Whether a key takes whole numbers between `min` and `max` and no others. */
export function takesWhole(key: string, min: number, max: number): boolean {
  const path = key.split('.');
  const field = fieldsAt(path.slice(0, -1))?.[path.at(-1)!];
  const whole = Math.floor((min + max) / 2);
  return field !== undefined && field.safeParse(whole).success && !field.safeParse(whole + 0.5).success;
}

/** Every dotted key, sections before what is in them. */
export function allKeys(prefix: readonly string[] = []): string[] {
  return Object.keys(fieldsAt(prefix) ?? {}).flatMap((key) => [[...prefix, key].join('.'), ...allKeys([...prefix, key])]);
}

/** The key that an unknown one most likely meant: of its own section first, then the same or a like name anywhere. */
export function nearestKey(path: readonly string[]): string | undefined {
  const section = path.slice(0, -1);
  const name = path.at(-1) ?? '';
  const beside = nearest(name, Object.keys(fieldsAt(section) ?? {}));
  if (beside !== undefined) return [...section, beside].join('.');
  const all = allKeys();
  const last = (key: string): string => key.slice(key.lastIndexOf('.') + 1);
  const elsewhere = all.find((key) => last(key) === name) ?? nearest(path.join('.'), all);
  if (elsewhere !== undefined) return elsewhere;
  const like = nearest(name, all.map(last));
  return all.find((key) => last(key) === like);
}
