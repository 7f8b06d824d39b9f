import type { ImageView, ModelShape } from '../../src/protocol';

/** What the words of the panel depend on: not every network cuts patches, has a class token, or learns its positions. */
export interface Traits {
  readonly architecture: ModelShape['architecture'];
  readonly projection: ModelShape['projection'];
  readonly classToken: boolean;
  readonly distilled: boolean;
  /** Tokens that belong to no patch, as `[cls]`. */
  readonly prefix: readonly string[];
  readonly posEmbed: string;
  readonly pool: string;
  /** How norms, attention and MLP follow each other; `pre_norm` is the paper's. */
  readonly block: 'pre_norm' | NonNullable<ModelShape['block']>;
  /** Whether the last norm stands behind the pooling. */
  readonly fcNorm: boolean;
}

/** Before anything is shown, words are of the network of the paper. */
const plain: Traits = { architecture: 'vit', projection: 'linear', classToken: true, distilled: false, prefix: ['[cls]'], posEmbed: 'learned', pool: 'token', block: 'pre_norm', fcNorm: false };

export function traitsOf(view: Pick<ImageView, 'model' | 'prefix'> | null | undefined): Traits {
  if (!view) return plain;
  const { model, prefix } = view;
  const { architecture, projection, posEmbed, globalPool: pool, block = 'pre_norm', fcNorm = false } = model;
  return { architecture, projection, classToken: prefix.includes('[cls]'), distilled: prefix.includes('[dist]'), prefix, posEmbed, pool, block, fcNorm };
}

/** Whether convolutions stand before the tokens, so that neighbouring tokens see parts that overlap. */
export function seesByConvolutions({ architecture, projection }: Pick<Traits, 'architecture' | 'projection'>): boolean {
  return architecture === 'resnet' || projection === 'conv_stem' || projection === 'resnetv2';
}

/** Whether a table of positions is added to the tokens. */
export function addsPositions({ posEmbed, architecture }: Pick<Traits, 'posEmbed' | 'architecture'>): boolean {
  return architecture === 'vit' && !['none', 'rope', 'relative'].includes(posEmbed);
}
