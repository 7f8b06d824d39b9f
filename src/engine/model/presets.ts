/**
 * Networks by timm's names: what their configuration says of the model and of its images. Numbers of parameters equal
 * timm's to the unit, and mean, std and interpolation are those of timm's default weights for the name
 * (`test/parity/presets.test.ts` asks timm). What is not said here has the schema's default, which is timm's, but for sizes.
 */

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const halves = { mean: [0.5], std: [0.5] };
const openai = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };

/** Images of timm's evaluation: the shortest side resized to `size / crop_pct`, the middle cut out. */
const image = (size: number, crop_pct = 0.9, colours = halves) => ({ size, fit: 'crop', interpolation: 'bicubic', crop_pct, ...colours }) as const;

/** Width, blocks, heads (Dosovitskiy et al. 2021, Table 1; DeiT for Ti and S). */
const tiny = { embed_dim: 192, depth: 12, num_heads: 3, mlp_ratio: 4 };
const small = { embed_dim: 384, depth: 12, num_heads: 6, mlp_ratio: 4 };
const medium = { embed_dim: 512, depth: 12, num_heads: 8, mlp_ratio: 4 };
const betwixt = { embed_dim: 640, depth: 12, num_heads: 10, mlp_ratio: 4 };
const base = { embed_dim: 768, depth: 12, num_heads: 12, mlp_ratio: 4 };
const large = { embed_dim: 1024, depth: 24, num_heads: 16, mlp_ratio: 4 };
const huge = { embed_dim: 1280, depth: 32, num_heads: 16, mlp_ratio: 4 };

const vit = (patch_size: number, size: object, of = image(224)) => ({ model: { patch_size, ...size }, image: of });

/** DeiT (Touvron et al. 2021) and DeiT III (Touvron et al. 2022), whose position table has no row for the class token. */
const deit = (size: object, pixels = 224) => vit(16, size, image(pixels, pixels === 224 ? 0.9 : 1, imagenet));
const distilled = (size: object, pixels = 224) => deit({ ...size, distilled: true }, pixels);
const deit3 = (size: object, pixels = 224) => deit({ ...size, no_embed_class: true, init_values: 1e-6 }, pixels);

/** Average pooling, layer scale and registers (Darcet et al. 2024), trained by timm's author at 256 pixels. */
const registered = (size: object, reg_tokens: number, of = image(256, 0.95)) =>
  vit(16, { ...size, class_token: false, no_embed_class: true, reg_tokens, global_pool: 'avg', init_values: 1e-5 }, of);
const pooled = { class_token: false, global_pool: 'avg', qkv_bias: false, init_values: 1e-6, fc_norm: false };

/** DINOv2 (Oquab et al. 2024) at 518 pixels. */
const dinov2 = (size: object) => vit(14, { ...size, init_values: 1e-5 }, image(518, 1, imagenet));
const dinov2Registered = (size: object) => dinov2({ ...size, reg_tokens: 4, no_embed_class: true });

/** The image side of CLIP (Radford et al. 2021): a norm before the blocks, ε 1e-5; OpenAI's own has QuickGELU. */
const clip = (patch: number, size: object, crop = 0.9, colours = openai) => vit(patch, { ...size, pre_norm: true, norm_eps: 1e-5 }, image(224, crop, colours));
const quick = { act_layer: 'quick_gelu' };

/** The image side of SigLIP (Zhai et al. 2023): no class token, attention pooling. */
const siglip = (patch: number, size: object, pixels: number) => vit(patch, { ...size, class_token: false, global_pool: 'map' }, image(pixels));

/** A ResNet before the blocks (Dosovitskiy et al. 2021; Steiner et al. 2022): its stem alone, or with stages. */
const hybrid = (patch: number, size: object, layers: readonly number[], pixels = 224) =>
  vit(patch, { ...size, projection: 'resnetv2', layers }, image(pixels, pixels === 224 ? 0.9 : 1));

/** MLP-Mixer (Tolstikhin et al. 2021, Table 1). */
const mixer = (patch: number, depth: number, embed_dim: number) => vit(patch, { architecture: 'mixer', depth, embed_dim, mlp_ratio: 4 }, image(224, 0.875));

/** ResNet (He et al. 2016), with the preprocessing of timm's own weights. */
const resnet = (block: string, layers: readonly number[]) => ({ model: { architecture: 'resnet', block, layers, embed_dim: 64, stem_type: 'imagenet' }, image: image(224, 0.95, imagenet) });

const byName = {
  vit_tiny_patch16_224: vit(16, tiny),
  vit_tiny_patch16_384: vit(16, tiny, image(384, 1)),
  vit_small_patch32_224: vit(32, small),
  vit_small_patch32_384: vit(32, small, image(384, 1)),
  vit_small_patch16_224: vit(16, small),
  vit_small_patch16_384: vit(16, small, image(384, 1)),
  vit_small_patch8_224: vit(8, small, image(224, 0.9, imagenet)),
  vit_base_patch32_224: vit(32, base),
  vit_base_patch32_384: vit(32, base, image(384, 1)),
  vit_base_patch16_224: vit(16, base),
  vit_base_patch16_384: vit(16, base, image(384, 1)),
  vit_base_patch8_224: vit(8, base),
  vit_large_patch32_224: vit(32, large),
  vit_large_patch32_384: vit(32, large, image(384, 1)),
  vit_large_patch16_224: vit(16, large),
  vit_large_patch16_384: vit(16, large, image(384, 1)),
  vit_large_patch14_224: vit(14, large),
  vit_huge_patch14_224: vit(14, huge),
  deit_tiny_patch16_224: deit(tiny),
  deit_small_patch16_224: deit(small),
  deit_base_patch16_224: deit(base),
  deit_base_patch16_384: deit(base, 384),
  deit_tiny_distilled_patch16_224: distilled(tiny),
  deit_small_distilled_patch16_224: distilled(small),
  deit_base_distilled_patch16_224: distilled(base),
  deit_base_distilled_patch16_384: distilled(base, 384),
  deit3_small_patch16_224: deit3(small),
  deit3_small_patch16_384: deit3(small, 384),
  deit3_medium_patch16_224: deit3(medium),
  deit3_base_patch16_224: deit3(base),
  deit3_base_patch16_384: deit3(base, 384),
  deit3_large_patch16_224: deit3(large),
  deit3_large_patch16_384: deit3(large, 384),
  deit3_huge_patch14_224: deit3({ ...huge, patch_size: 14 }),
  test_vit: vit(16, { embed_dim: 64, depth: 6, num_heads: 2, mlp_ratio: 3, dynamic_img_size: true }, image(160, 0.95)),
  test_vit2: vit(16, { embed_dim: 64, depth: 8, num_heads: 2, mlp_ratio: 3, class_token: false, reg_tokens: 1, global_pool: 'avg', init_values: 1e-5, dynamic_img_size: true }, image(160, 0.95)),
  test_vit3: vit(16, { embed_dim: 96, depth: 9, num_heads: 3, mlp_ratio: 2, class_token: false, reg_tokens: 1, global_pool: 'map', pool_include_prefix: true, init_values: 1e-5 }, image(160, 0.95)),
  test_vit4: vit(16, { embed_dim: 96, depth: 9, num_heads: 3, mlp_ratio: 3, class_token: false, reg_tokens: 1, global_pool: 'avg', init_values: 1e-5, norm_layer: 'rmsnorm', dynamic_img_size: true }, image(160, 0.95)),
  vit_wee_patch16_reg1_gap_256: registered({ embed_dim: 256, depth: 14, num_heads: 4, mlp_ratio: 5 }, 1),
  vit_pwee_patch16_reg1_gap_256: registered({ embed_dim: 256, depth: 16, num_heads: 4, mlp_ratio: 5, parallel_blocks: true }, 1),
  vit_little_patch16_reg1_gap_256: registered({ embed_dim: 320, depth: 14, num_heads: 5, mlp_ratio: 5.6 }, 1),
  vit_little_patch16_reg4_gap_256: registered({ embed_dim: 320, depth: 14, num_heads: 5, mlp_ratio: 5.6 }, 4),
  vit_medium_patch16_reg1_gap_256: registered(medium, 1),
  vit_medium_patch16_reg4_gap_256: registered(medium, 4),
  vit_mediumd_patch16_reg4_gap_256: registered({ ...medium, depth: 20 }, 4),
  vit_mediumd_patch16_reg4_gap_384: registered({ ...medium, depth: 20 }, 4, image(384, 1)),
  vit_betwixt_patch16_reg1_gap_256: registered(betwixt, 1),
  vit_betwixt_patch16_reg4_gap_256: registered(betwixt, 4),
  vit_betwixt_patch16_reg4_gap_384: registered(betwixt, 4, image(384, 1)),
  vit_base_patch16_reg4_gap_256: vit(16, { ...base, class_token: false, no_embed_class: true, reg_tokens: 4, global_pool: 'avg' }, image(256)),
  vit_medium_patch16_gap_240: vit(16, { ...medium, ...pooled }, image(240, 0.95)),
  vit_medium_patch16_gap_256: vit(16, { ...medium, ...pooled }, image(256, 0.95)),
  vit_betwixt_patch16_gap_256: vit(16, { ...betwixt, ...pooled }, image(256, 0.95)),
  vit_small_patch14_dinov2: dinov2(small),
  vit_base_patch14_dinov2: dinov2(base),
  vit_large_patch14_dinov2: dinov2(large),
  vit_giant_patch14_dinov2: dinov2({ embed_dim: 1536, depth: 40, num_heads: 24, mlp_ratio: 16 / 3, mlp_layer: 'swiglu' }),
  vit_small_patch14_reg4_dinov2: dinov2Registered(small),
  vit_base_patch14_reg4_dinov2: dinov2Registered(base),
  vit_large_patch14_reg4_dinov2: dinov2Registered(large),
  vit_base_patch32_clip_224: clip(32, base),
  vit_base_patch16_clip_224: clip(16, base, 0.95),
  vit_large_patch14_clip_224: clip(14, large, 1, halves),
  vit_base_patch32_clip_quickgelu_224: clip(32, { ...base, ...quick }),
  vit_base_patch16_clip_quickgelu_224: clip(16, { ...base, ...quick }, 1),
  vit_large_patch14_clip_quickgelu_224: clip(14, { ...large, ...quick }, 1),
  vit_base_patch16_siglip_224: siglip(16, base, 224),
  vit_base_patch16_siglip_256: siglip(16, base, 256),
  vit_base_patch32_siglip_256: siglip(32, base, 256),
  vit_base_patch16_siglip_gap_224: vit(16, { ...base, class_token: false, global_pool: 'avg', fc_norm: false }),
  vit_so400m_patch14_siglip_224: siglip(14, { embed_dim: 1152, depth: 27, num_heads: 16, mlp_ratio: 4304 / 1152 }, 224),
  vit_tiny_r_s16_p8_224: hybrid(32, tiny, []),
  vit_tiny_r_s16_p8_384: hybrid(32, tiny, [], 384),
  vit_small_r26_s32_224: hybrid(32, small, [2, 2, 2, 2]),
  vit_small_r26_s32_384: hybrid(32, small, [2, 2, 2, 2], 384),
  vit_base_r50_s16_224: hybrid(16, base, [3, 4, 9]),
  vit_base_r50_s16_384: hybrid(16, base, [3, 4, 9], 384),
  mixer_s32_224: mixer(32, 8, 512),
  mixer_s16_224: mixer(16, 8, 512),
  mixer_b32_224: mixer(32, 12, 768),
  mixer_b16_224: mixer(16, 12, 768),
  mixer_l16_224: mixer(16, 24, 1024),
  resnet18: resnet('basic', [2, 2, 2, 2]),
  resnet34: resnet('basic', [3, 4, 6, 3]),
  resnet50: resnet('bottleneck', [3, 4, 6, 3]),
  resnet101: resnet('bottleneck', [3, 4, 23, 3]),
  // Not in timm: big_vision's S/16 (Beyer et al. 2022), with fixed positions and average pooling.
  vit_small_patch16_gap_sincos_224: vit(16, { ...small, class_token: false, global_pool: 'avg', fc_norm: false, pos_embed: 'sincos2d' }),
};

export type PresetName = keyof typeof byName;

/** What a preset says: keys of `model` and `image` as in a configuration file. */
export interface Preset {
  readonly model: Readonly<Record<string, unknown>>;
  readonly image: Readonly<Record<string, unknown>>;
}

export const presets: Readonly<Record<PresetName, Preset>> = byName;

export const presetNames = Object.keys(byName) as readonly PresetName[];

export function isPresetName(name: unknown): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(byName, name);
}
