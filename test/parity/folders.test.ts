import { readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from '../../src/engine/checkpoint';
import { openExecutor } from '../../src/engine/compile/backends';
import type { ForwardResult } from '../../src/engine/compile/executor';
import { parseConfig } from '../../src/engine/config/load';
import { exportCheckpoint } from '../../src/engine/export/export';
import { normalise, openPicture } from '../../src/engine/image';
import { fitToPatch, vitSpec } from '../../src/engine/model/spec';
import { atSize } from '../../src/engine/pretrained/atSize';
import { randomAt } from '../../src/engine/random';
import type { ExportTarget, Origin } from '../../src/protocol';
import { serialiseSafetensors } from '../../src/engine/weights/safetensors';
import { meta } from '../engine/runFixture';
import { temporaryFolder } from '../engine/tiny';
import { CLASSES, gap, moved, softmax, TOLERANCE } from '../fixtures/exported';
import { measured, photos as photoFolder, reference, withPhotos } from './reference';

interface Answer {
  readonly labels: readonly string[];
  readonly probabilities: readonly (readonly number[])[];
  readonly logits: readonly (readonly number[])[] | null;
  readonly pixels: unknown;
  readonly loading: Readonly<Record<string, readonly string[]>> | null;
}

const small = { patch_size: 8, embed_dim: 24, depth: 2, num_heads: 3, mlp_ratio: 2 };
const cropped = { size: 32, fit: 'crop', crop_pct: 0.875, interpolation: 'bilinear', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

interface Case {
  readonly to: ExportTarget;
  readonly image: object;
  readonly model: object;
  /** Whether the library opens the folder without the script. */
  readonly byName?: boolean;
  /** How far its own preparing of images is from ours, of a standard deviation; without it, nothing is asked of it. */
  readonly pixels?: number;
}

/** Every way of making images ready, and every part that a library has a word for. */
const cases: Readonly<Record<string, Case>> = {
  'onnx, squashed': { to: 'onnx', image: { size: [32, 24] }, model: small },
  'onnx, oblong crop, rounded down': { to: 'onnx', image: { size: [32, 24], fit: 'crop', crop_pct: 0.9, crop_rounding: 'floor' }, model: small },
  'onnx, grey': { to: 'onnx', image: { size: 32, channels: 1 }, model: small },
  'onnx, what timm has not': { to: 'onnx', image: { size: 32 }, model: { ...small, pos_embed: 'rope', norm_first: false } },
  'timm, plain': { to: 'timm', image: cropped, model: small, byName: true },
  'timm, black border': { to: 'timm', image: { size: 32, fit: 'pad', crop_pct: 0.9 }, model: { ...small, global_pool: 'avg', qkv_bias: false }, byName: true },
  'timm, grey border, lanczos': { to: 'timm', image: { size: 32, fit: 'border', interpolation: 'lanczos' }, model: { ...small, pos_embed: 'sincos2d', class_token: false, global_pool: 'avg' }, byName: true },
  'timm, registers, scale, quick': { to: 'timm', image: { size: 32 }, model: { ...small, reg_tokens: 2, no_embed_class: true, init_values: 0.1, act_layer: 'quick_gelu', qk_norm: true }, byName: true },
  'timm, SwiGLU': { to: 'timm', image: { size: 32 }, model: { ...small, mlp_layer: 'swiglu' }, byName: true },
  'timm, parallel': { to: 'timm', image: { size: 32 }, model: { ...small, parallel_blocks: true }, byName: true },
  'timm, CLIP': { to: 'timm', image: { size: 32 }, model: { ...small, pre_norm: true, norm_eps: 1e-5 }, byName: true },
  'timm, RMS, attention pool': { to: 'timm', image: { size: 32 }, model: { ...small, norm_layer: 'rmsnorm', global_pool: 'map' }, byName: true },
  'timm, ε of Hugging Face': { to: 'timm', image: { size: 32 }, model: { ...small, norm_eps: 1e-12, mlp_ratio: 1.7 }, byName: false },
  'timm, distilled': { to: 'timm', image: { size: 32 }, model: { ...small, distilled: true }, byName: true },
  'timm, image no multiple of the patch': { to: 'timm', image: { size: [37, 30] }, model: { ...small, patch_fit: 'pad' }, byName: true },
  'timm, image resized to the patch, grey': { to: 'timm', image: { size: [37, 30], channels: 1 }, model: small, byName: true },
  'timm, Mixer': { to: 'timm', image: { size: 32 }, model: { architecture: 'mixer', ...small, token_mlp_ratio: 0.5 }, byName: false },
  'timm, ResNet by name': { to: 'timm', image: { size: 64 }, model: { architecture: 'resnet', block: 'basic', layers: [2, 2, 2, 2], embed_dim: 64, stem_type: 'imagenet' }, byName: true },
  'timm, ResNet-18 for small images': { to: 'timm', image: { size: 32 }, model: { architecture: 'resnet', block: 'basic', layers: [2, 2, 2, 2], embed_dim: 64, stem_type: 'small' }, byName: false },
  'timm, ResNet of two stages': { to: 'timm', image: { size: 32 }, model: { architecture: 'resnet', block: 'bottleneck', layers: [1, 2], embed_dim: 8, stem_type: 'small' }, byName: false },
  'timm, hybrid': { to: 'timm', image: { size: 32 }, model: { ...small, projection: 'resnetv2', stem_dim: 32, layers: [1, 1] }, byName: false },
  'timm, hybrid of a stem': { to: 'timm', image: { size: 32 }, model: { ...small, projection: 'resnetv2', stem_dim: 32, layers: [] }, byName: false },
  // Torchvision's filter, which transformers 5 takes, has fewer bits than Pillow's: two of 255 are 2 / 255 / 0.5.
  'Hugging Face, ViT': { to: 'huggingface', image: { size: 32, interpolation: 'bilinear' }, model: small, pixels: 0.02 },
  'Hugging Face, ViT, cropped, oblong patch': { to: 'huggingface', image: cropped, model: { ...small, patch_size: [8, 4], act_layer: 'gelu_tanh', qkv_bias: false, norm_eps: 1e-12 }, pixels: 0.04 },
  'Hugging Face, no position of the class': { to: 'huggingface', image: { size: 32, fit: 'squash', crop_pct: 0.875, crop_rounding: 'floor', interpolation: 'bilinear' }, model: { ...small, no_embed_class: true, act_layer: 'relu' }, pixels: 0.02 },
  'Hugging Face, sines, padded': { to: 'huggingface', image: { size: 32, fit: 'pad' }, model: { ...small, pos_embed: 'sincos2d' } },
  'Hugging Face, DeiT': { to: 'huggingface', image: { size: 32 }, model: { ...small, distilled: true } },
  'Hugging Face, DINOv2 with our head': { to: 'huggingface', image: { size: 32 }, model: { ...small, init_values: 0.1 } },
  'Hugging Face, DINOv2 with its head, SwiGLU': { to: 'huggingface', image: { size: 32 }, model: { ...small, mlp_ratio: 4 / 3, mlp_layer: 'swiglu', init_values: 0.1, global_pool: 'token_avg' } },
  'Hugging Face, registers without a scale': { to: 'huggingface', image: { size: 32 }, model: { ...small, reg_tokens: 3, no_embed_class: true } },
  'Hugging Face, grey': { to: 'huggingface', image: { size: 32, channels: 1 }, model: small },
};

let photos: readonly string[] = [];
const ours = new Map<string, { readonly probabilities: readonly (readonly number[])[]; readonly logits: readonly (readonly number[])[] }>();
const theirs = new Map<string, Answer>();

beforeAll(async () => {
  if (photoFolder === '') return;
  photos = readdirSync(photoFolder).filter((name) => name.endsWith('.jpg')).sort().slice(0, 3).map((name) => path.join(photoFolder, name));
  const folder = await temporaryFolder();
  const executor = await openExecutor('wasm');
  const request: { folder: string; to: ExportTarget; photos: readonly string[] }[] = [];
  for (const [name, { to, image, model }] of Object.entries(cases)) {
    const { config, problems } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image, model }), 'x.yaml');
    if (!config) throw new Error(`${name}: ${problems.map(({ message }) => message).join(' ')}`);
    const spec = vitSpec(config.image, config.model, CLASSES.length);
    const params = moved(spec);
    const checkpoint = path.join(folder, `${request.length}.safetensors`);
    await saveCheckpoint(checkpoint, params, { ...meta, config, classes: CLASSES });
    const out = path.join(folder, String(request.length));
    await exportCheckpoint({ checkpoint, to, out, taps: [], batch: 'dynamic', precision: 'fp32', optimise: false, force: false }, new AbortController().signal, () => undefined);
    request.push({ folder: out, to, photos });
    const session = await executor.infer(spec, (await loadCheckpoint(checkpoint)).params);
    const rows: number[][] = [];
    for (const photo of photos) {
      const { input } = await openPicture(photo, config.image, fitToPatch(config.image, config.model));
      const { logits } = await session.forward({ shape: [1, ...spec.imageSize, spec.channels], data: normalise(input, config.image) });
      rows.push([...logits.data]);
    }
    session.dispose();
    ours.set(name, { logits: rows, probabilities: rows.map(softmax) });
  }
  const answers = await reference<Answer[]>('folders', request);
  Object.keys(cases).forEach((name, i) => theirs.set(name, answers[i]!));
}, 600_000);

withPhotos('an exported folder', () => {
  test.each(Object.entries(cases))('%s: its script and its library predict on photos what we do', (name, { to, byName, pixels }) => {
    const [mine, answer] = [ours.get(name)!, theirs.get(name)!];
    expect(answer.labels).toEqual(CLASSES);
    const off = gap(mine.probabilities, answer.probabilities);
    measured(`folder, ${name}, probabilities by predict.py`, off, TOLERANCE);
    expect(off).toBeLessThan(TOLERANCE);
    // Control: photos are told apart by more than that.
    expect(gap([mine.probabilities[0]!], [answer.probabilities[1]!])).toBeGreaterThan(10 * TOLERANCE);
    expect(answer.logits !== null).toBe(to === 'huggingface' || byName === true);
    if (answer.logits) expect(gap(mine.logits, answer.logits)).toBeLessThan(TOLERANCE);
    expect(answer.loading ?? {}).toEqual({});
    if (pixels !== undefined) {
      measured(`folder, ${name}, pixels of the image processor`, answer.pixels as number, pixels);
      expect(answer.pixels).toBeLessThan(pixels);
    }
  });
});

test("images of other sizes: logits and attention are those of timm's dynamic_img_size", async () => {
  const folder = await temporaryFolder();
  const { config } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image: { size: 32 }, model: { ...small, reg_tokens: 1 } }), 'x.yaml');
  const spec = vitSpec(config!.image, config!.model, CLASSES.length);
  const checkpoint = path.join(folder, 'checkpoint.safetensors');
  await saveCheckpoint(checkpoint, moved(spec), { ...meta, config: config!, classes: CLASSES });
  const out = path.join(folder, 'timm');
  await exportCheckpoint({ checkpoint, to: 'timm', out, taps: [], batch: 'dynamic', precision: 'fp32', optimise: false, force: false }, new AbortController().signal, () => undefined);
  const sizes = [[64, 64], [24, 56], [16, 16]] as const;
  const drawn = sizes.map(([height, width], i) => {
    const random = randomAt(5, i);
    return { shape: [2, height, width, 3], data: Float32Array.from({ length: 6 * height * width }, () => random.normal()) };
  });
  const images = path.join(folder, 'images.safetensors');
  writeFileSync(images, serialiseSafetensors(new Map(drawn.map((tensor, i) => [String(i), tensor])), {}));
  const answers = await reference<{ logits: number[][]; attention: number[][] }[]>('dynamic', { folder: out, images });
  const executor = await openExecutor('onnx');
  const stored = await loadCheckpoint(checkpoint);
  for (const [i, tensor] of drawn.entries()) {
    const compute = async ({ spec: sized, params }: Checkpoint): Promise<ForwardResult> => {
      const session = await executor.infer(sized, params);
      const result = await session.forward(tensor, { attention: true });
      session.dispose();
      return result;
    };
    const { logits, taps } = await compute(atSize(stored, sizes[i]!));
    const off = gap([[...logits.data]], [answers[i]!.logits.flat()]);
    // Control: resampled by another family's rule.
    const { logits: otherwise } = await compute(atSize({ ...stored, meta: { ...stored.meta, origin: { positions: 'torchvision' } as Origin } }, sizes[i]!));
    expect(gap([[...otherwise.data]], [answers[i]!.logits.flat()])).toBeGreaterThan(10 * TOLERANCE);
    const maps = Math.max(...answers[i]!.attention.map((map, layer) => gap([[...taps.get(`attention.${layer}`)!.data]], [map])));
    measured(`${sizes[i]!.join(' x ')} pixels for a network of 32 x 32, logits`, off, TOLERANCE);
    measured(`${sizes[i]!.join(' x ')} pixels for a network of 32 x 32, attention`, maps, 1e-5);
    expect(off).toBeLessThan(TOLERANCE);
    expect(maps).toBeLessThan(1e-5);
  }
});
