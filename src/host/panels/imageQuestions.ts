import type { InspectorApi } from '../../protocol';
import type { Call, CallOptions, Server } from '../../rpc';
import type { Core } from '../core';
import type { Asked } from './featureQuestions';
import { measureHeads } from './measureHeads';

/** Bytes of attention that go to a page at once: 12 × 12 heads × 577 tokens fit in half precision. */
const MOST_ATTENTION = 100 * 2 ** 20;

type Answers = Pick<Server<InspectorApi>, 'attention' | 'attentionStack' | 'scores' | 'measureHeads' | 'rollout' | 'explain' | 'scoreExplanations' | 'positions' | 'flow' | 'flowBox' | 'tokens' | 'filter' | 'plan'>;

/** Passes the inspector's questions about an image, and about the network that looks at it, on to the engine. */
export function imageQuestions(core: Core, { about, aboutCheckpoint }: Pick<Asked, 'about' | 'aboutCheckpoint'>): Answers {
  return {
    attention: async (q, call) => (await about(q)).viewAttention(q, options(call)),
    attentionStack: async (q, call) => (await about(q)).viewAttentionStack({ ...q, most: MOST_ATTENTION }, options(call)),
    scores: async (q, call) => (await about(q)).viewScores(q, options(call)),
    measureHeads: async (q, call) => {
      await aboutCheckpoint(q.checkpoint);
      return measureHeads(core, q, call);
    },
    rollout: async (q, call) => (await about(q)).viewRollout(q, options(call)),
    explain: async (q, call) => (await about(q)).explain(q, options(call)),
    scoreExplanations: async (q, call) => (await about(q)).scoreExplanations(q, options(call)),
    positions: async (q, call) => (await aboutCheckpoint(q.checkpoint)).viewPositions(q, options(call)),
    flow: async (q, call) => (await about(q)).viewFlow(q, options(call)),
    flowBox: async (q, call) => (await about(q)).viewFlowBox(q, options(call)),
    tokens: async (q, call) => (await about(q)).viewTokenised(q, options(call)),
    filter: async (q, call) => (await aboutCheckpoint(q.checkpoint)).viewFilter(q, options(call)),
    plan: async (q, call) => (await aboutCheckpoint(q.checkpoint)).planNetwork(q, options(call)),
  };
}

function options({ signal, progress }: Call): CallOptions {
  return { signal, onProgress: progress };
}
