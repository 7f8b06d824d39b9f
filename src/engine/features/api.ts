import type { EngineApi, FeatureApi, FiltersView } from '../../protocol';
import type { Call, Server } from '../../rpc';
import { filtersView } from '../inspect/filters';
import type { Looker } from '../looking';
import { versionOf } from '../weights/modelFile';
import { createAligner } from './alignment';
import { ablateHeads, viewWithoutHeads } from './heads';
import { createNeighbourFinder } from './neighbours';
import { measureShuffle, viewShuffled } from './shuffling';
import { withWeights, type Tell } from './subject';
import { createTokenReader } from './tokens';

/** What the engine answers about representations. */
export function featureServer(looker: Looker): Server<FeatureApi & Pick<EngineApi, 'fileOf'>> {
  const tokens = createTokenReader(looker);
  const neighbours = createNeighbourFinder(looker);
  const align = createAligner(looker);
  // The components of 768 kernels of 768 weights take seconds.
  const filters = looker.cache<FiltersView>({ limit: 8, weigh: () => 1 });
  return {
    viewFilters: ({ checkpoint }) => withWeights(looker, { checkpoint }, async (opened) => filters.get(await versionOf(opened.path), () => Promise.resolve(filtersView(opened)))),
    viewTokens: (q) => tokens.tokens(q),
    viewTokenSimilarity: (q) => tokens.similarity(q),
    viewColours: (q) => tokens.colours(q),
    viewLens: (q) => tokens.lens(q),
    ablateHeads: (q, call) => ablateHeads(looker, q, tellOf(call)),
    viewWithoutHeads: (q) => viewWithoutHeads(looker, q),
    viewShuffled: (q) => viewShuffled(looker, q),
    measureShuffle: (q, call) => measureShuffle(looker, q, tellOf(call)),
    measureAlignment: (q, call) => align(q, tellOf(call)),
    findNeighbours: (q, call) => neighbours.find(q, tellOf(call)),
    fileOf: async (q, { signal }) => ({ file: await neighbours.fileOf(q, signal) }),
    viewEncoding: (q) => tokens.encoding(q),
    viewEmbedding: (q) => tokens.embedding(q),
  };
}

function tellOf({ signal, progress }: Call): Tell {
  return { signal, onProgress: (done, of) => progress({ done, of }) };
}
