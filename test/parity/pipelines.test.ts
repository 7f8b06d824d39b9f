import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/engine/config/schema';
import { normalise, openPicture } from '../../src/engine/image';
import { fitToPatch } from '../../src/engine/model/spec';
import { preprocessingOf, type PreprocessingQuestion } from '../../src/engine/preprocessing/preprocessing';
import { writeNpy } from '../../src/engine/weights/npy';
import { temporaryFolder } from '../engine/tiny';
import { measured, photos, reference, withPhotos } from './reference';

interface Answer {
  /** In 255ths. */
  readonly max: number;
  /** Of the values: how many differ at all. */
  readonly share: number;
  /** Of the values: how many differ by more than one 255th. */
  readonly over: number;
}

type Library = 'timm' | 'torchvision' | 'hf-pil' | 'hf-torchvision';

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const hfImagenet = { image_mean: imagenet.mean, image_std: imagenet.std };
const clip = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };
const square = { height: 224, width: 224 };

function timm(architecture: string, side: number, more: object): PreprocessingQuestion {
  return { timm: { architecture, pretrained_cfg: { input_size: [3, side, side], interpolation: 'bicubic', crop_mode: 'center', crop_pct: 0.9, ...half, ...more } }, scheme: 'timm' };
}

function hf(kind: string, more: object, scheme = 'hf-v4'): PreprocessingQuestion {
  // Files of transformers before 4.26 call it so, and `from_pretrained` still reads them.
  const key = kind.endsWith('FeatureExtractor') ? 'feature_extractor_type' : 'image_processor_type';
  return { preprocessor: { [key]: kind, ...more }, scheme };
}

// What the files beside well-known checkpoints say.
const cases: readonly { readonly name: string; readonly question: PreprocessingQuestion; readonly said?: object }[] = [
  { name: 'timm vit_base_patch16_224.augreg2_in21k_ft_in1k', question: timm('vit_base_patch16_224', 224, {}) },
  { name: 'timm vit_base_patch16_384', question: timm('vit_base_patch16_384', 384, { crop_pct: 1 }) },
  { name: 'timm deit_tiny_patch16_224', question: timm('deit_tiny_patch16_224', 224, imagenet) },
  { name: 'timm vit_small_patch14_dinov2', question: timm('vit_small_patch14_dinov2', 518, { ...imagenet, crop_pct: 1 }) },
  { name: 'timm vit_wee_patch16_reg1_gap_256', question: timm('vit_wee_patch16_reg1_gap_256', 256, { crop_pct: 0.95 }) },
  { name: 'timm test_vit', question: timm('test_vit', 160, { crop_pct: 0.95 }) },
  { name: 'timm vit_base_patch16_clip_224.openai', question: timm('vit_base_patch16_clip_224', 224, clip) },
  { name: 'timm, squash', question: timm('vit_base_patch16_224', 224, { crop_mode: 'squash' }) },
  { name: 'timm, border', question: timm('vit_base_patch16_224', 224, { ...imagenet, crop_mode: 'border', crop_pct: 1 }) },
  { name: 'timm, oblong', question: timm('vit_base_patch16_224', 224, { input_size: [3, 160, 288] }) },
  { name: 'torchvision vit_b_16', question: { scheme: 'torchvision', size: 224 }, said: { crop_size: 224, resize_size: 256 } },
  { name: 'google/vit-base-patch16-224', question: hf('ViTImageProcessor', { size: square, resample: 2, image_mean: half.mean, image_std: half.std }) },
  { name: 'google/vit-base-patch16-224, no file', question: { scheme: 'hf-v4', size: 224 }, said: { image_processor_type: 'ViTImageProcessor' } },
  { name: 'facebook/deit-base-distilled-patch16-224', question: hf('DeiTFeatureExtractor', { size: 256, crop_size: 224, resample: 3, ...hfImagenet }) },
  { name: 'facebook/dinov2-small', question: hf('BitImageProcessor', { size: { shortest_edge: 256 }, crop_size: square, resample: 3, ...hfImagenet }, 'hf-dinov2') },
  { name: 'openai/clip-vit-base-patch32', question: hf('CLIPFeatureExtractor', { size: 224, crop_size: 224, resample: 3, image_mean: clip.mean, image_std: clip.std }, 'hf-clip') },
  { name: 'google/siglip-base-patch16-224', question: hf('SiglipImageProcessor', { size: square, resample: 3, image_mean: half.mean, image_std: half.std }) },
  { name: 'lanczos by its number', question: hf('ViTImageProcessor', { size: square, resample: 1 }) },
];

function librariesOf({ preprocessor, timm, scheme }: PreprocessingQuestion): readonly Library[] {
  if (timm !== undefined) return ['timm'];
  return scheme === 'torchvision' && preprocessor === undefined ? ['torchvision'] : ['hf-pil', 'hf-torchvision'];
}

// A level of 255, and a thousandth of it for single precision. What resizes with PIL is met byte for byte.
const TOLERANCE = 1.001;

/**
 * The "fast" processors resize tensors with torchvision, whose weights have 16 bits, always across first. Where a kernel
 * overshoots that shows: bicubic and lanczos differ from Pillow, so from transformers' own other backend, by up to 5
 * levels in less than a thousandth of the values.
 */
const OVER = 1e-3;

withPhotos('preprocessing of the frameworks', () => {
  test.each(cases)('$name: photos become what the framework gives its network', async ({ name, question, said }) => {
    const { image, notes } = preprocessingOf(question);
    expect(notes).toEqual([]);
    const config = configSchema.parse({ image, model: { patch_size: 1 } });
    const folder = await temporaryFolder();
    const files = readdirSync(photos).filter((file) => file.endsWith('.jpg')).sort();
    expect(files.length).toBeGreaterThan(9);
    for (const file of files) {
      const { input } = await openPicture(path.join(photos, file), config.image, fitToPatch(config.image, config.model));
      await writeFile(path.join(folder, `${file}.npy`), writeNpy({ shape: [1, input.height, input.width, 3], data: normalise(input, config.image) }));
    }
    for (const library of librariesOf(question)) {
      const settings = said ?? question.preprocessor ?? question.timm;
      const answers = await reference<readonly Answer[]>('pipelines', files.map((file) => ({ library, settings, file: path.join(photos, file), ours: path.join(folder, `${file}.npy`), std: config.image.std })));
      const worst = (key: keyof Answer): number => Math.max(...answers.map((answer) => answer[key]));
      const exact = library !== 'hf-torchvision' || image.interpolation === 'bilinear';
      measured(`${name}, ${library}, 255ths`, worst('max'), exact ? TOLERANCE : 6);
      measured(`${name}, ${library}, share of the values that differ`, worst('share'), library === 'hf-torchvision' ? 1 : 0);
      if (library === 'hf-torchvision') measured(`${name}, ${library}, share that differs by more than one`, worst('over'), exact ? 0 : OVER);
      expect(files.filter((_, i) => !(answers[i]!.max <= (exact ? TOLERANCE : 6)))).toEqual([]);
      expect(worst('over')).toBeLessThanOrEqual(exact ? 0 : OVER);
      if (library !== 'hf-torchvision') expect(worst('share')).toBe(0);
    }
  });
});
