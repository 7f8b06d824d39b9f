import * as l10n from '@vscode/l10n';
import type { ColourOptions, ColoursView, EmbeddingView, EncodingView, ImageQuestion, LensView, TokenSimilarity, TokensView } from '../../protocol';
import { refuseWithoutAttention, refuseWithoutTokens } from '../inspect/attention';
import { embeddingView } from '../inspect/embeddings';
import { featureColours } from '../inspect/featureColours';
import { normedTokens } from '../inspect/lastNorm';
import { hasClassToken } from '../inspect/patches';
import { cosineSimilarity } from '../inspect/positions';
import { positionStructure } from '../inspect/positionStructure';
import { tokenNorms } from '../inspect/tokenNorms';
import { cosineWith, meanCosine } from '../inspect/tokenSimilarity';
import type { Looker, Opened } from '../looking';
import { positionTable } from '../model/positions';
import type { FloatTensor } from '../tensors';
import { UserError } from '../userError';
import { refuseWithoutHead, tapOf, withSubject, withWeights } from './subject';

/** Answers questions about the tokens of an image, layer by layer. */
export interface TokenReader {
  tokens(q: ImageQuestion): Promise<TokensView>;
  similarity(q: ImageQuestion & { readonly layer: number }): Promise<TokenSimilarity>;
  colours(q: ImageQuestion & ColourOptions): Promise<ColoursView>;
  lens(q: ImageQuestion): Promise<LensView>;
  encoding(q: Omit<ImageQuestion, 'file'>): Promise<EncodingView>;
  embedding(q: ImageQuestion): Promise<EmbeddingView>;
}

/** The tokens of an image after every layer, [1, T, D] each, the embedding first; and whether the last norm stands at the end. */
interface Layers {
  readonly layers: readonly FloatTensor[];
  readonly normed: boolean;
}

const KEPT_BYTES = 192 * 2 ** 20;

export function createTokenReader(looker: Looker): TokenReader {
  const kept = looker.cache<Layers>({ limit: KEPT_BYTES, weigh: ({ layers }) => layers.reduce((sum, { data }) => sum + data.byteLength, 0) });
  const about = <T>(q: ImageQuestion, work: (opened: Opened, layers: Layers) => T): Promise<T> =>
    withSubject(looker, q, async ({ opened, image, key }) => {
      refuseWithoutTokens(opened);
      return work(opened, await kept.get(key, () => layersOf(opened, image)));
    });
  return {
    tokens: (q) => about(q, tokensView),
    similarity: ({ layer, ...q }) =>
      about(q, ({ grid, spec }, { layers }) => ({ layer, tokens: grid.tokens, matrix: cosineSimilarity(layerAt(layers, layer).data, spec.width) })),
    colours: ({ layer, foreground, threshold, ...q }) =>
      about(q, ({ grid, spec }, { layers }) => {
        const rows = layerAt(layers, layer).data.subarray(grid.prefix.length * spec.width);
        return { layer, foreground, threshold, ...featureColours(rows, spec.width, foreground, threshold) };
      }),
    lens: (q) =>
      withSubject(looker, q, async ({ opened, image }) => {
        refuseWithoutTokens(opened);
        refuseWithoutHead(opened);
        return lensView(opened, (await opened.session.forward(image, { lens: true })).taps);
      }),
    encoding: (q) => withWeights(looker, q, (opened) => Promise.resolve(encodingView(opened))),
    embedding: (q) =>
      withSubject(looker, q, async ({ opened, image }) => {
        refuseWithoutTokens(opened);
        const { taps } = await opened.session.forward(image, { tokens: [0] });
        return embeddingView(opened, image, tapOf(taps, 'tokens.0'));
      }),
  };
}

async function layersOf({ session, spec, params }: Opened, image: FloatTensor): Promise<Layers> {
  const { taps } = await session.forward(image, { tokens: true });
  const layers = Array.from({ length: spec.depth + 1 }, (_, i) => tapOf(taps, `tokens.${i}`));
  const last = normedTokens(spec, params, layers.at(-1)!);
  return { layers: last ? [...layers, last] : layers, normed: last !== null };
}

/** @throws UserError when there is no such layer */
function layerAt(layers: readonly FloatTensor[], layer: number): FloatTensor {
  const found = layers[layer];
  if (!found) throw new UserError(l10n.t('There is no layer {0}: the tokens are there after the layers 0 (the embedding) to {1}.', layer, layers.length - 1));
  return found;
}

function tokensView({ grid, spec }: Opened, { layers, normed }: Layers): TokensView {
  const D = spec.width;
  const norms = new Float32Array(layers.length * grid.tokens);
  layers.forEach((tokens, i) => norms.set(tokenNorms(tokens), i * grid.tokens));
  const patches = layers.map(({ data }) => data.subarray(grid.prefix.length * D));
  return {
    layers: layers.length,
    normed,
    tokens: grid.tokens,
    norms,
    similarity: Float32Array.from(patches, (rows) => meanCosine(rows, D)),
    classSimilarity: hasClassToken(grid) ? Float32Array.from(patches, (rows, i) => cosineWith(rows, D, layers[i]!.data.subarray(0, D))) : new Float32Array(0),
  };
}

function lensView({ spec }: Opened, taps: ReadonlyMap<string, FloatTensor>): LensView {
  const layers = spec.depth + 1;
  const logits = new Float32Array(layers * spec.classes);
  for (let i = 0; i < layers; i++) logits.set(tapOf(taps, `lens.${i}`).data, i * spec.classes);
  return { layers, logits, pool: spec.pool };
}

function encodingView(opened: Opened): EncodingView {
  refuseWithoutAttention(opened);
  const { grid, spec, params } = opened;
  const patches = grid.rows * grid.columns;
  const found = positionTable(spec, params);
  const table = found && found.data.slice(found.data.length - patches * spec.width);
  return { kind: spec.posEmbed, patches, width: spec.width, table, structure: table && positionStructure(cosineSimilarity(table, spec.width), grid.rows, grid.columns) };
}
