import { expect, test } from 'vitest';
import { configSchema } from '../../../src/engine/config/schema';
import { presets } from '../../../src/engine/model/presets';
import { preprocessingOf } from '../../../src/engine/preprocessing/preprocessing';
import { cropPct } from '../../../src/engine/preprocessing/values';
import { UserError } from '../../../src/engine/userError';

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

// vit-facts: what each family is evaluated with.
test.each([
  ['torchvision', undefined, undefined, { ...imagenet, size: 224, fit: 'crop', crop_pct: 0.875, interpolation: 'bilinear' }],
  ['google', undefined, undefined, { mean: [0.5, 0.5, 0.5], fit: 'crop', crop_pct: 0.9, interpolation: 'bicubic' }],
  ['hf-v4', undefined, 224, { mean: [0.5, 0.5, 0.5], fit: 'squash', crop_pct: 1, interpolation: 'bilinear' }],
  ['hf-dinov2', undefined, 224, { ...imagenet, fit: 'crop', crop_pct: 0.875, crop_rounding: 'floor', interpolation: 'bicubic' }],
  ['clip', undefined, 224, { fit: 'crop', crop_pct: 1 }],
  ['timm', 'vit_base_patch16_224.augreg_in21k', undefined, { size: 224, mean: [0.5, 0.5, 0.5], crop_pct: 0.9 }],
  ['timm', 'vit_base_patch16_384', 384, { size: 384, mean: [0.5, 0.5, 0.5], crop_pct: 1 }],
  ['timm', 'deit_tiny_patch16_224', undefined, { ...imagenet, crop_pct: 0.9 }],
  ['timm', 'deit3_base_patch16_224.fb_in22k_ft_in1k', 224, { ...imagenet, crop_pct: 1 }],
  ['timm', 'vit_base_patch16_224.mae', undefined, { ...imagenet, crop_pct: 0.9 }],
  ['timm', 'vit_small_patch14_reg4_dinov2.lvd142m', undefined, { ...imagenet, size: 518, crop_pct: 1 }],
  ['timm', 'vit_base_patch16_clip_224.openai', undefined, { crop_pct: 0.9 }],
  ['timm', 'vit_large_patch14_clip_224.openai', undefined, { crop_pct: 1 }],
  ['timm', 'vit_base_patch16_siglip_384', 384, { mean: [0.5, 0.5, 0.5], crop_pct: 0.9 }],
  ['timm', 'test_vit3.r160_in1k', undefined, { size: 160, crop_pct: 0.95 }],
  ['timm', 'vit_wee_patch16_reg1_gap_256.sbb_in1k', undefined, { size: 256, mean: [0.5, 0.5, 0.5], crop_pct: 0.95 }],
] as const)('%s %s has its own default', (scheme, architecture, size, expected) => {
  const { image, source, notes } = preprocessingOf({ scheme, architecture, size });
  const perChannel = (values: readonly number[] = []): readonly number[] => (values.length === 1 ? [values[0]!, values[0]!, values[0]!] : values);
  expect({ ...image, mean: perChannel(image.mean), std: perChannel(image.std) }).toMatchObject(expected);
  expect(notes).toEqual([]);
  expect(source).toMatch(/^No file tells of preprocessing: taken as .+ has it\.$/);
  expect(configSchema.safeParse({ image }).success).toBe(true);
});

test('a preset by name has the images that its configuration has', () => {
  for (const [architecture, { image }] of Object.entries(presets)) expect(preprocessingOf({ scheme: 'timm', architecture }).image).toMatchObject(image);
});

test('where nothing is known, it is said to be a guess', () => {
  for (const scheme of ['timm', 'somebody'])
    expect(preprocessingOf({ scheme }).notes).toEqual([expect.stringContaining(`their names (${scheme}) do not tell`)]);
});

test('a file beside the weights wins over the family, and says so', () => {
  const timm = { architecture: 'vit_tiny_patch16_224', pretrained_cfg: { input_size: [3, 224, 224], crop_pct: 0.95, mean: [0, 0, 0], std: [1, 1, 1] } };
  const { image, source } = preprocessingOf({ timm, scheme: 'timm', architecture: 'vit_tiny_patch16_224' });
  expect(image).toMatchObject({ crop_pct: 0.95, mean: [0, 0, 0], std: [1, 1, 1], interpolation: 'bicubic' });
  expect(source).toBe('Preprocessing as pretrained_cfg in config.json says, for vit_tiny_patch16_224.');
  const preprocessor = { image_processor_type: 'ViTImageProcessorFast', size: { height: 32, width: 48 } };
  const hf = preprocessingOf({ preprocessor, scheme: 'hf-v5' });
  expect(hf).toMatchObject({ image: { size: [32, 48], fit: 'squash', interpolation: 'bilinear' }, notes: [] });
  expect(hf.source).toBe('Preprocessing as preprocessor_config.json says (ViTImageProcessorFast).');
  // A config.json of Hugging Face is no word of preprocessing.
  expect(preprocessingOf({ timm: { model_type: 'vit', image_size: 224 }, scheme: 'hf-v4' }).source).toMatch(/^No file/);
  // timm's models in transformers: its words in the other file.
  const wrapped = preprocessingOf({ preprocessor: timm, scheme: 'timm' });
  expect(wrapped.source).toBe('Preprocessing as pretrained_cfg in preprocessor_config.json says, for vit_tiny_patch16_224.');
});

test('of two files that differ the one of the home library counts, and both are named', () => {
  const timm = { pretrained_cfg: { input_size: [3, 224, 224], interpolation: 'bicubic', crop_pct: 1, crop_mode: 'squash', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } };
  const preprocessor = { image_processor_type: 'ViTImageProcessor', size: 224 };
  const ours = preprocessingOf({ timm, preprocessor, scheme: 'timm' });
  expect(ours.image.interpolation).toBe('bicubic');
  expect(ours.notes.join()).toContain('interpolation: "bicubic", "bilinear"');
  expect(preprocessingOf({ timm, preprocessor, scheme: 'hf-v4' }).image.interpolation).toBe('bilinear');
});

test('the network has another size: it counts, the share that is kept stays', () => {
  const preprocessor = { image_processor_type: 'BitImageProcessor', size: { shortest_edge: 256 }, crop_size: 224 };
  const { image, notes } = preprocessingOf({ preprocessor, scheme: 'hf-dinov2', size: 518 });
  expect(image).toMatchObject({ size: 518, crop_pct: 0.875 });
  expect(notes).toEqual(['The preprocessing is for images of 224 × 224 pixels, the network takes 518 × 518: its size was taken.']);
  expect(preprocessingOf({ preprocessor, scheme: 'hf-dinov2', size: [224, 224] }).notes).toEqual([]);
});

test.each([
  [{ image_processor_type: 'ViTImageProcessor', size: 'large' }, /preprocessor_config\.json: size is "large"/],
  [{ size: { height: 224 } }, /size is \{"height":224\}/],
  [{ resample: 7 }, /resample is 7, which is no number of a filter of PIL/],
  [{ do_normalize: 'yes' }, /do_normalize is "yes"/],
  [{ image_mean: [0.5, 0.5], image_std: [0.5] }, /image_mean has 2 numbers and image_std 1/],
  [{ image_std: [0.5, 0, 0.5] }, /image_std is \[0\.5,0,0\.5\]/],
  [{ rescale_factor: 0 }, /rescale_factor is 0/],
  [{ image_processor_type: 'CLIPImageProcessor', crop_size: { shortest_edge: 5, longest_edge: 9 } }, /crop_size is/],
  [[], /holds no settings/],
])('a processor that says %j is refused with key and value', (preprocessor, message) => {
  expect(() => preprocessingOf({ preprocessor, scheme: 'hf-v4' })).toThrow(UserError);
  expect(() => preprocessingOf({ preprocessor, scheme: 'hf-v4' })).toThrow(message);
});

test.each([
  [{ input_size: [224, 224] }, /config\.json: input_size is \[224,224\]/],
  [{ input_size: [4, 224, 224] }, /input_size has 4 channels/],
  [{ input_size: [3, 8, 8], crop_pct: 1.2 }, /crop_pct is 1\.2/],
  [{ input_size: [3, 8, 8], crop_mode: 'middle' }, /crop_mode is "middle", which is no center, squash or border/],
  [{ input_size: [3, 8, 8], interpolation: 'random' }, /interpolation is "random"/],
])('a pretrained_cfg that says %j is refused with key and value', (pretrained_cfg, message) => {
  expect(() => preprocessingOf({ timm: { pretrained_cfg }, scheme: 'timm' })).toThrow(message);
});

test.each([
  [{ image_processor_type: 'ViTImageProcessor', do_resize: false }, /do_resize is false/],
  [{ image_processor_type: 'CLIPImageProcessor', do_center_crop: false }, /do_center_crop is false/],
  [{ image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 224, longest_edge: 300 } }, /within 300 pixels/],
  [{ image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 200 } }, /resizes to 200 and keeps the centre of 224 × 224/],
  [{ image_processor_type: 'LlavaImageProcessor' }, /"LlavaImageProcessor" is not known/],
  [{ size: 224 }, /does not name its image processor/],
  [{ image_processor_type: 'ViTImageProcessor', do_pad: true }, /do_pad is true, which ViT Lab does not do/],
])('what %j asks for and cannot be followed is noted', (preprocessor, message) => {
  const { notes, image } = preprocessingOf({ preprocessor, scheme: 'hf-v4', size: 224 });
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(message);
  expect(configSchema.safeParse({ image }).success).toBe(true);
});

test('every share of a crop leads back to the size that is resized to', () => {
  for (let kept = 1; kept <= 400; kept += 7)
    for (let resized = kept; resized <= kept * 2; resized++) {
      const pct = cropPct([kept, kept], [resized, resized]);
      expect(pct === undefined ? undefined : Math.floor(kept / pct)).toBe(resized);
    }
  expect(cropPct([224, 224], [256, 256])).toBe(0.875);
  expect(cropPct([224, 224], [248, 248])).toBe(0.9);
  expect(cropPct([224, 112], [256, 300])).toBeUndefined();
  expect(cropPct([224, 224], [200, 200])).toBeUndefined();
});
