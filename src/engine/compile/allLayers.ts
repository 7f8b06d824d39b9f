import { isWished, type TapWish } from './executor';

/**
 * The same wish of every layer. Who looks inside a network goes from layer to layer, and a graph for each of them would be
 * compiled with weights of its own; one graph makes the taps of all layers, and those that are wished are fetched from it.
 */
export function ofAllLayers(wish: TapWish, depth: number): TapWish {
  if (!wish.inside?.length) return wish;
  const inside = wish.inside.map(kindOf).flatMap((kind) => (kind.ofBlock ? Array.from({ length: depth }, (_, i) => `${kind.tap}.${i}`) : [kind.tap])) as TapWish['inside'];
  return { ...wish, inside: [...new Set(inside)], ...(wish.attention && { attention: true }) };
}

/** Whether an output of a forward pass is one that is wished. */
export function isOutputWished(wish: TapWish, name: string): boolean {
  const { tap, layer } = partsOf(name);
  switch (tap) {
    case 'logits':
      return true;
    case 'attention':
      return isWished(wish.attention, layer);
    case 'tokens':
      return isWished(wish.tokens, layer);
    case 'attention_gradient':
      return isWished(wish.attentionGradients, layer);
    case 'attention_input':
    case 'attention_input_gradient':
      return wish.attentionInputs?.includes(layer) ?? false;
    default:
      return (wish.inside as readonly string[] | undefined)?.includes(name) ?? false;
  }
}

/** `scores.3` is a tap of a block, `stem.0` of a stem: it has its own number of layers, and is taken as it is. */
function kindOf(name: string): { readonly tap: string; readonly ofBlock: boolean } {
  const { tap, layer } = partsOf(name);
  return tap === 'stem' || Number.isNaN(layer) ? { tap: name, ofBlock: false } : { tap, ofBlock: true };
}

function partsOf(name: string): { readonly tap: string; readonly layer: number } {
  const [tap = '', layer] = name.split('.');
  return { tap, layer: Number(layer) };
}
