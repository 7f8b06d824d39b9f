import type { ModelFile } from '../modelFile';
import type { Rewritten } from './rewrite';

/** Facts of a network that its tensors do not show, in the words of the configuration, each with where it is from. */
export type Hints = Readonly<Record<string, { readonly value: unknown; readonly from: string; /** True of all networks of a family, unless the file's own configuration says otherwise. */ readonly usual?: boolean }>>;

/**
 * How a family resizes its position table: `timm` antialiased bicubic (`resample_abs_pos_embed`, open_clip too); `hf`
 * bicubic without antialias, by size (`interpolate_pos_encoding`); `dino` the same by a factor with 0.1 added to the side,
 * which moves the sampling points; `torchvision` bicubic with aligned corners (`interpolate_embeddings`); `google` linear
 * with aligned corners (`scipy.ndimage.zoom(order=1)`).
 */
export type PositionRule = 'timm' | 'hf' | 'dino' | 'torchvision' | 'google';

/** What a scheme makes of a file. */
export interface Understood {
  readonly rewritten: Rewritten;
  readonly hints: Hints;
  readonly positions: PositionRule;
}

/** How one project names the tensors of a Vision Transformer. */
export interface Scheme {
  readonly id: string;
  /** For people. */
  readonly label: string;
  /** A name that only this scheme has, wrappers stripped. */
  readonly mark: RegExp;
  /** Gives tensors timm's names and layout. `names` has each tensor's name without its wrappers. */
  readonly understand: (file: ModelFile, names: ReadonlyMap<string, string>) => Understood;
}

/** The hints that hold for all networks of a family, unless a configuration says otherwise. */
export function always(from: string, values: Readonly<Record<string, unknown>>): Hints {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, from, usual: true }]));
}

/** What a configuration says of this network. */
export function said(from: string, values: Readonly<Record<string, unknown>>): Hints {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, from }]));
}
