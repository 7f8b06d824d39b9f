import { expect, test } from 'vitest';
import { traceStep } from '../../../src/engine/compile/programs';
import { graphRecipe } from '../../../src/engine/compile/recipe';
import { configSchema, type TrainConfig } from '../../../src/engine/config/schema';
import { vitSpec } from '../../../src/engine/model/spec';

const { image, model, train } = configSchema.parse({ image: { size: 8 }, model: { patch_size: 4, embed_dim: 8, depth: 1, num_heads: 1 } });
const spec = vitSpec(image, model, 3);

/** What the trace of a step reads of a recipe. */
function readKeys(recipe: TrainConfig): ReadonlySet<string> {
  const read = new Set<string>();
  const watched = new Proxy(recipe, {
    get(target, key) {
      read.add(String(key));
      return Reflect.get(target, key) as unknown;
    },
  });
  traceStep(spec, watched, { batch: 2, part: 'whole' });
  return read;
}

const opts = (['adamw', 'sgd', 'lion', 'lamb'] as const).map((opt) => ({ opt }));
const others = [{ loss: 'bce' }, { loss: 'focal' }, { clip_mode: 'value' }, { clip_mode: 'agc' }, { model_ema_decay: 0.9 }, { sam_rho: 0.05 }, { distillation: { teacher: 'x', kind: 'soft', alpha: 0.5, temperature: 2 } }] as const;

// A graph that was kept for another recipe would train with that one, and nothing would tell.
test.each([...opts, ...others])('with %j the key of a kept graph has all that its trace reads of the recipe', (change) => {
  const recipe: TrainConfig = { ...train, ...change };
  // Of the average, only whether there is one: its decay is an input.
  const keys = new Set(Object.keys(graphRecipe(recipe)).map((key) => (key === 'average' ? 'model_ema_decay' : key)));
  const read = readKeys(recipe);
  expect(read).toContain('opt');
  expect([...read].filter((key) => !keys.has(key))).toEqual([]);
});

test.each([{ opt: 'lion' }, { betas: [0.8, 0.9] }, { eps: 1e-4 }, { weight_decay: 0.2 }, { momentum: 0.5 }, { nesterov: false }, { clip_grad: 0.5 }, { clip_mode: 'agc' }, { loss: 'bce' }, { focal_gamma: 1 }, { model_ema_decay: 0.9 }, { sam_rho: 0.05 }, { distillation: { kind: 'soft', alpha: 0.5, temperature: 2 } }] as const)('%j makes another key', (change) => {
  expect(graphRecipe({ ...train, ...change } as TrainConfig)).not.toEqual(graphRecipe(train));
});

test('another teacher makes none: what it says is an input; another share of it does', () => {
  const of = (more: object) => JSON.stringify(graphRecipe({ ...train, distillation: { teacher: 'a', kind: 'soft', alpha: 0.5, temperature: 2, ...more } }));
  expect(of({ teacher: 'b' })).toBe(of({}));
  for (const more of [{ alpha: 0.4 }, { temperature: 1 }, { kind: 'hard' }]) expect(of(more)).not.toBe(of({}));
});

test('what is an input makes none', () => {
  expect(graphRecipe({ ...train, lr: 1, epochs: 99, label_smoothing: 0.3, class_weights: 'balanced', mixup: 1 })).toEqual(graphRecipe(train));
});
