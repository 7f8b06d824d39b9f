import type { ParseArgsOptionsConfig } from 'node:util';
import * as l10n from '@vscode/l10n';
import type { EngineEvents } from '../../protocol';
import type { Call } from '../../rpc';
import { withNearest } from '../config/nearest';
import type { Engine } from '../engine';
import type { Output } from './output';

/** What a command of the terminal gets. */
export interface Terminal {
  readonly output: Output;
  /** The arguments that are no options. */
  readonly args: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly engine: Engine;
  /** The context of an engine call: aborted by Ctrl-C. */
  call(onProgress?: (value: unknown) => void): Call;
  /** Hears what the engine emits. */
  listen(listener: <K extends keyof EngineEvents>(name: K, value: EngineEvents[K]) => void): void;
  /** Takes Ctrl-C over: `stop` is called for the first one. The second one always ends the process. */
  onInterrupt(stop: () => void): void;
  /** Hears that nobody reads the output any more (`| head`). Without a listener that ends the process. */
  onClosed(action: () => void): void;
}

/** One command; `run` gives the exit code. */
export interface Command {
  readonly summary: string;
  /** What follows the command's name. */
  readonly usage: string;
  readonly options: ParseArgsOptionsConfig;
  /** Explains the options, by name. */
  readonly help: Readonly<Record<string, string>>;
  /** How many arguments there must be. */
  readonly takes: readonly [least: number, most: number];
  run(terminal: Terminal): Promise<number>;
}

/** A wrong command line: exit code 2, with a hint at `--help`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function text(terminal: Terminal, name: string): string | undefined {
  const value = terminal.values[name];
  return typeof value === 'string' ? value : undefined;
}

export function texts(terminal: Terminal, name: string): readonly string[] {
  const value = terminal.values[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A number among the options. */
export function number(terminal: Terminal, name: string, fallback: number): number {
  const given = text(terminal, name);
  if (given === undefined) return fallback;
  const value = Number(given);
  if (given.trim() === '' || !Number.isFinite(value)) throw new UsageError(l10n.t('--{0} takes a number, not {1}', name, given));
  return value;
}

export function oneOf<T extends string>(terminal: Terminal, name: string, choices: readonly T[], fallback: T): T {
  const given = text(terminal, name);
  if (given === undefined) return fallback;
  const found = choices.find((choice) => choice === given);
  if (found === undefined) throw new UsageError(withNearest(l10n.t('--{0} takes {1}, not {2}', name, choices.join(' | '), given), given, choices));
  return found;
}

export function imageSizeHelp(): string {
  return l10n.t('give the images at another size, e.g. 448 or 240x320: positions are resampled, and attention becomes finer');
}

/** `224`, or `240x320` for height and width, in pixels. */
export function imageSize(terminal: Terminal): number | readonly [number, number] | undefined {
  const given = text(terminal, 'image-size');
  if (given === undefined) return undefined;
  const sides = given.split(/[x×]/).map(Number);
  const [height, width] = sides;
  if (height === undefined || sides.length > 2 || sides.some((side) => !Number.isInteger(side) || side < 1 || side > 4096))
    throw new UsageError(l10n.t('--image-size takes a side in pixels, or HEIGHTxWIDTH, from 1 to 4096, not {0}', given));
  return width === undefined ? height : [height, width];
}

/** Shows `{done, of}` of an engine call. */
export function counting(output: Output, what: string): (value: unknown) => void {
  return (value) => {
    if (typeof value !== 'object' || value === null || !('done' in value) || !('of' in value)) return;
    const [done, of] = [Number(value.done), Number(value.of)];
    output.progress(`${what} ${done}/${of}`, of > 0 ? done / of : 0);
  };
}
