import type { FilterView, FlowBox, FlowValues, FlowView, ImageQuestion, ImageView, InspectorApi, Plan, TokenisedView } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import type { Latests } from './askExplanations';
import { isKept } from './explaining';
import { isOfBlock } from './flowGraph';
import { planOf } from './plan';
import { shownMap } from './place';
import { attends, type Model } from './session';

/** What the tabs of the flow and of the patches draw from. */
export interface Followed {
  readonly flow: FlowView | null;
  /** The box that is open, with all its numbers. */
  readonly flowBox: FlowValues | null;
  readonly tokens: TokenisedView | null;
  readonly filter: FilterView | null;
  readonly plan: Plan | null;
}

export const nothingFollowed: Followed = { flow: null, flowBox: null, tokens: null, filter: null, plan: null };

/** What those tabs ask the engine. */
export interface Following {
  ask(view: ImageView, question: ImageQuestion): void;
  reset(): void;
}

interface Around {
  readonly model: () => Model;
  readonly change: (part: Partial<Model>) => void;
  readonly latest: Latests;
}

export function createFollowing(client: Client<InspectorApi>, { model, change, latest }: Around): Following {
  const flows = latest<FlowView>((flow) => {
    change({ flow, problem: null });
    // Which boxes there are is known only now.
    if (asked) askBox(asked);
  }, 24);
  const boxes = latest<FlowValues>((flowBox) => change({ flowBox, problem: null }), 12);
  const tokens = latest<TokenisedView>((value) => change({ tokens: value, problem: null }), 1);
  const filters = latest<FilterView>((filter) => change({ filter, problem: null }), 100);
  const plans = latest<Plan>((plan) => change({ plan, problem: null }), 200);

  let asked: ImageQuestion | null = null;
  const askBox = (question: ImageQuestion): void => {
    const at = flowPlace(model());
    const { box } = model().place;
    // The numbers before and behind the blocks are the same whichever block is looked at.
    const key = isOfBlock(box) ? `${box} ${String(at.block)} ${String(at.head)}` : box;
    const known = model().flow?.boxes.some((one) => one.box === box);
    if (box !== '' && known) boxes.want(key, (signal) => client.flowBox({ ...question, ...at, box: box as FlowBox }, { signal }));
  };
  const askFlow = (question: ImageQuestion): void => {
    asked = question;
    const at = flowPlace(model());
    flows.want(`${String(at.block)} ${String(at.head)}`, (signal) => client.flow({ ...question, ...at }, { signal }));
    askBox(question);
  };
  return {
    ask(view, question) {
      const { place } = model();
      if (isKept(model())) return;
      if (place.tab === 'flow') askFlow(question);
      if (place.tab !== 'patches') return;
      tokens.want('', (signal) => client.tokens(question, { signal }));
      const { checkpoint, size } = question;
      const dimension = Math.min(place.dimension, view.model.width - 1);
      if (view.model.depth > 0) filters.want(String(dimension), (signal) => client.filter({ checkpoint, ...(size !== undefined && { size }), dimension }, { signal }));
      // What is planned is a Vision Transformer: beside another kind of network it has nothing to be compared with.
      if (!attends(view)) return;
      const plan = planOf(place, view);
      plans.want(JSON.stringify(plan), (signal) => client.plan({ checkpoint, ...(size !== undefined && { size }), ...plan }, { signal }));
    },
    reset() {
      asked = null;
      for (const one of [flows, boxes, tokens, filters, plans]) one.reset();
    },
  };
}

/** Which block and head are followed; heads joined are of no use here, for each has queries of its own. */
export function flowPlace({ place, hover, bounds }: Pick<Model, 'place' | 'hover' | 'bounds'>): { readonly block: number; readonly head: number } {
  const { layer, head } = shownMap(place, { ...hover, map: null }, bounds);
  return { block: Math.max(0, layer), head: typeof head === 'number' ? head : 0 };
}
