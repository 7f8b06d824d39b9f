import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import { explainAbort, isExhausted, refuseBeyondMachine, refuseTooLarge } from '../../../src/engine/compile/memory';
import { vitSpec, type ViTSpec } from '../../../src/engine/model/spec';
import { tunedFor } from '../../../src/engine/model/tuning';
import { UserError } from '../../../src/engine/userError';

const { image, model } = configSchema.parse({ image: { size: 64 }, model: { depth: 6, embed_dim: 96 } });
const spec = vitSpec(image, model, 6);

// Seen with this network: batches of 8, 16 and 32 trained (0.7, 1.3 and 2.5 GB at the peak), one of 64 aborted at 4.3 GB.
test('a batch that the wasm backend cannot hold is refused before it aborts, with one that fits', () => {
  expect(() => refuseTooLarge(spec, 32)).not.toThrow();
  expect(() => refuseTooLarge(spec, 64)).toThrow(UserError);
  expect(() => refuseTooLarge(spec, 64)).toThrow(/64 images of 64 × 64 pixels \(257 tokens each\).*train\.batch_size to 32 or less/);
});

test('an abort is explained, another error stays what it is', () => {
  const other = new Error('Shapes do not match');
  expect(explainAbort(other, spec, 64)).toBe(other);
  expect(isExhausted()).toBe(false);
  expect(explainAbort(new Error('Aborted(). Build with -sASSERTIONS for more info.'), spec, 64)).toBeInstanceOf(UserError);
  expect(isExhausted()).toBe(true);
});

const finetuned = (more: object) => configSchema.parse({ finetune: { from: 'x', ...more } }).finetune;

test('what can never fit into the machine is refused before it is tried, and told in units that can be read', () => {
  const GiB = 2 ** 30;
  const of = (model: object, size = 32): ViTSpec => {
    const config = configSchema.parse({ image: { size }, model });
    return vitSpec(config.image, config.model, 10);
  };
  expect(() => refuseBeyondMachine(of({ embed_dim: 192, depth: 9, num_heads: 12 }), 128, 8 * GiB)).not.toThrow();
  expect(() => refuseBeyondMachine(of({ patch_size: 2, embed_dim: 4096, depth: 64, num_heads: 64 }, 256), 4096, 24 * GiB)).toThrow(/about [\d.]+ (TiB|PiB) of memory with 4096 images.*this machine has 24 GiB/);
  // The head of a large network alone is trained in what its weights and little more take.
  const huge = of({ patch_size: 14, embed_dim: 1280, depth: 32, num_heads: 16, mlp_ratio: 4 }, 224);
  expect(() => refuseBeyondMachine(huge, 64, 8 * GiB)).toThrow(/this machine has 8 GiB/);
  expect(() => refuseBeyondMachine(tunedFor(huge, finetuned({ unfreeze: 'head' })), 64, 8 * GiB)).not.toThrow();
  // A few weights, and too many images at a time.
  expect(() => refuseBeyondMachine(of({ embed_dim: 192, depth: 9, num_heads: 12 }), 65_536, 8 * GiB)).toThrow(/batch_size/);
});
