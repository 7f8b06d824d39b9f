import * as l10n from '@vscode/l10n';
import { pairOf } from '../model/spec';
import type { Broken } from './rules';
import type { Config, ImageConfig, ModelConfig } from './schema';
import { show } from './words';

/** What weights say of their network and of its images: a configuration that starts from them need not say it again. */
export interface StartFacts {
  /** Absolute path of the weights. */
  readonly path: string;
  readonly image: ImageConfig;
  readonly model: ModelConfig;
}

/** Looks into the weights at an absolute path (or `RUN@best`). */
export type StartOf = (from: string) => Promise<StartFacts>;

type Section = Readonly<Record<string, unknown>>;

/** How strongly a training is disturbed, and how images become multiples of a patch, is no part of the weights. */
const FREE = new Set<string>(['drop_rate', 'drop_path_rate', 'patch_drop_rate', 'patch_fit'] satisfies (keyof ModelConfig)[]);

/** The weights that a configuration starts from, as written. */
export function fromOf(value: Section): string | undefined {
  const from = sectionOf(value, 'finetune')['from'];
  return typeof from === 'string' && from !== '' ? from : undefined;
}

/** The configuration, with what the weights say below what it says itself. */
export function withStart(value: Section, { image, model }: StartFacts): Section {
  const network = Object.fromEntries(Object.entries(model).filter(([key]) => !FREE.has(key)));
  return { ...value, image: { ...image, ...sectionOf(value, 'image') }, model: { ...network, ...sectionOf(value, 'model') } };
}

/** What a configuration says of the network and the weights say otherwise. */
export function* contradictions(written: Section, config: Config, start: StartFacts): Generator<Broken> {
  const here = config.model as unknown as Section;
  const there = start.model as unknown as Section;
  for (const key of Object.keys(sectionOf(written, 'model'))) {
    if (key in there && !FREE.has(key) && !alike(here[key], there[key])) yield contradiction(`model.${key}`, here[key], there[key], start);
  }
  const { channels } = config.image;
  if (channels !== start.image.channels) yield contradiction('image.channels', channels, start.image.channels, start);
  for (const key of ['mean', 'std'] as const) {
    if (alike(config.image[key], start.image[key])) continue;
    const message = l10n.t('image.{0} is {1} here; the weights were trained with {2}. Leave it out to normalise as they expect.', key, show(config.image[key]), show(start.image[key]));
    yield { key: `image.${key}`, keys: [`image.${key}`], message, severity: 'warning' };
  }
}

function contradiction(key: string, here: unknown, there: unknown, { path }: StartFacts): Broken {
  const message = l10n.t('{0} is {1} here, but {2} in the weights {3}. Leave it out: the network is that of the weights.', key, show(here), show(there), path);
  return { key, keys: [key], message, severity: 'error' };
}

function alike(a: unknown, b: unknown): boolean {
  return JSON.stringify(paired(a)) === JSON.stringify(paired(b));
}

/** A number and a pair of it say the same of a size. */
function paired(value: unknown): unknown {
  if (typeof value === 'number') return pairOf(value);
  return Array.isArray(value) && value.length === 1 ? [value[0], value[0]] : value;
}

function sectionOf(value: Section, key: string): Section {
  const section = value[key];
  return typeof section === 'object' && section !== null && !Array.isArray(section) ? (section as Section) : {};
}
