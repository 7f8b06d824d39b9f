import type { FlowBox, FlowFacts } from '../../src/protocol';

/** Which boxes stand together, and which leads to which. Pure. */

/** The three parts of the picture. */
export const parts = ['embed', 'block', 'answer'] as const;
export type FlowPart = (typeof parts)[number];

const ofBlock: ReadonlySet<string> = new Set<FlowBox>([
  'input', 'norm1', 'queries', 'keys', 'values', 'products', 'scores', 'attention', 'head_output', 'mixed', 'attention_output', 'middle', 'norm2', 'hidden', 'mlp_output', 'output',
]);
const ofAnswer: ReadonlySet<string> = new Set<FlowBox>(['final_norm', 'pool_weights', 'pooled', 'logits', 'probabilities']);

export function isOfBlock(box: string): boolean {
  return ofBlock.has(box);
}

export function partOf(box: FlowBox): FlowPart {
  return ofBlock.has(box) ? 'block' : ofAnswer.has(box) ? 'answer' : 'embed';
}

/** Boxes that stand above each other: what is made of the same tokens side by side. */
export function groupsOf(boxes: readonly FlowBox[]): readonly (readonly FlowBox[])[] {
  const groups: FlowBox[][] = [];
  for (const box of boxes) {
    const last = groups.at(-1);
    const joins = (box === 'keys' || box === 'values') && last?.[0] === 'queries';
    const below = box === 'positions' && last?.[0] === 'projected';
    if (last && (joins || below)) last.push(box);
    else groups.push([box]);
  }
  return groups;
}

export interface Wire {
  readonly from: FlowBox;
  readonly to: FlowBox;
  /** Added as it is: a residual connection. */
  readonly residual?: boolean;
}

/** Which boxes lead to which, of those that are there. */
export function wiresOf(boxes: readonly FlowBox[], { normFirst, parallel, architecture }: Pick<FlowFacts, 'normFirst' | 'parallel' | 'architecture'>): readonly Wire[] {
  const there = new Set(boxes);
  const before = boxes.filter((box) => partOf(box) === 'embed' && box !== 'positions' && box !== 'embedded');
  const chain = (...names: readonly FlowBox[]): Wire[] => {
    const found = names.filter((name) => there.has(name));
    return found.slice(1).map((to, i) => ({ from: found[i]!, to }));
  };
  const read: FlowBox = normFirst ? 'norm1' : 'input';
  const inBlock: Wire[] = architecture === 'mixer' ? chain('input', 'output') : [
    ...(normFirst ? chain('input', 'norm1') : []),
    ...(['queries', 'keys', 'values'] as const).map((to): Wire => ({ from: read, to })),
    { from: 'queries', to: 'products' }, { from: 'keys', to: 'products' }, ...chain('products', 'scores', 'attention', 'head_output', 'mixed', 'attention_output'), { from: 'values', to: 'head_output' },
    ...(parallel
      ? [{ from: read, to: 'hidden' } as const, ...chain('hidden', 'mlp_output', 'output'), { from: 'attention_output', to: 'output' } as const, { from: 'input', to: 'output', residual: true } as const]
      : [...chain('attention_output', 'middle', ...(normFirst ? (['norm2'] as const) : []), 'hidden', 'mlp_output', 'output'), { from: 'input', to: 'middle', residual: true } as const, { from: 'middle', to: 'output', residual: true } as const]),
  ];
  const wires = [
    ...chain(...before, 'embedded'), { from: 'positions', to: 'embedded' } as const, ...inBlock,
    ...chain('final_norm', 'pooled', 'logits', 'probabilities'), { from: 'final_norm', to: 'pool_weights' } as const, { from: 'pool_weights', to: 'pooled' } as const,
  ];
  return wires.filter(({ from, to }) => there.has(from) && there.has(to));
}

/** Where an arrow key leads from a box: along the way, or up and down among what stands above each other. */
export function nextBox(boxes: readonly FlowBox[], at: FlowBox, key: string): FlowBox | null {
  const index = boxes.indexOf(at);
  const to = ({ ArrowLeft: index - 1, ArrowRight: index + 1, ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: boxes.length - 1 } as const)[key];
  return to === undefined ? null : (boxes[Math.min(boxes.length - 1, Math.max(0, to))] ?? null);
}
