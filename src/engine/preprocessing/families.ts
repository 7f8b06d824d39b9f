import * as l10n from '@vscode/l10n';
import type { ImageConfig } from '../config/schema';
import { isPresetName, presets } from '../model/presets';
import type { Preprocessing, Size } from './preprocessing';
import { CLIP, HALF, IMAGENET } from './values';

interface Family {
  readonly name: string;
  readonly image: Partial<ImageConfig>;
}

const crop = { fit: 'crop', crop_rounding: 'even' } as const;
const timm = { ...crop, interpolation: 'bicubic' } as const;

/** How timm's families were evaluated, by timm's name; the first that matches. Source: `default_cfgs` of timm 1.0.31. */
const TIMM: readonly (readonly [RegExp, Family])[] = [
  [/dinov[23]/, { name: 'DINOv2', image: { ...timm, ...IMAGENET, size: 518, crop_pct: 1 } }],
  [/^deit|\.(dino|mae|fb_|ijepa)|resmlp/, { name: 'DeiT, DINO, MAE', image: { ...timm, ...IMAGENET, crop_pct: 0.9 } }],
  [/(large|huge|giant|gigantic).*_clip_|_clip_.*\.(laion2b$|laion400m|laion2b_ft_in1k|metaclip|datacomp|dfn)/, { name: 'CLIP', image: { ...timm, ...CLIP, crop_pct: 1 } }],
  [/_clip_|^eva/, { name: 'CLIP', image: { ...timm, ...CLIP, crop_pct: 0.9 } }],
  [/^test_vit/, { name: 'test_vit', image: { ...timm, ...HALF, size: 160, crop_pct: 0.95 } }],
  [/^vit_(wee|pwee|dwee|little|medium|mediumd|betwixt|so150m).*_reg\d/, { name: 'vit_wee … vit_betwixt', image: { ...timm, ...HALF, size: 256, crop_pct: 0.95 } }],
  [/^mixer_/, { name: 'MLP-Mixer', image: { ...timm, ...HALF, crop_pct: 0.875 } }],
  [/^resnet/, { name: 'ResNet', image: { ...timm, ...IMAGENET, crop_pct: 0.95 } }],
];

/** The family of Google's ViTs ("augreg", "original", SAM, SigLIP), which most of timm's are. */
const AUGREG: Family = { name: 'timm ViT', image: { ...timm, ...HALF, crop_pct: 0.9 } };

const SCHEMES: Readonly<Record<string, Family>> = {
  google: { ...AUGREG, name: 'Google ViT' },
  torchvision: { name: 'torchvision', image: { ...crop, ...IMAGENET, interpolation: 'bilinear', crop_pct: 0.875 } },
  // `ViTImageProcessor`: no crop, and bilinear.
  'hf-v4': { name: 'ViTImageProcessor', image: { ...HALF, fit: 'squash', crop_pct: 1, interpolation: 'bilinear' } },
  'hf-v5': { name: 'ViTImageProcessor', image: { ...HALF, fit: 'squash', crop_pct: 1, interpolation: 'bilinear' } },
  // `DeiTImageProcessor`: both sides to 256, then the centre; checkpoints of DeiT carry ImageNet's numbers.
  'hf-deit': { name: 'DeiTImageProcessor', image: { ...IMAGENET, fit: 'squash', crop_pct: 0.875, crop_rounding: 'floor', interpolation: 'bicubic' } },
  'hf-dinov2': { name: 'BitImageProcessor', image: { ...IMAGENET, fit: 'crop', crop_pct: 0.875, crop_rounding: 'floor', interpolation: 'bicubic' } },
  'hf-clip': { name: 'CLIPImageProcessor', image: { ...CLIP, fit: 'crop', crop_pct: 1, crop_rounding: 'floor', interpolation: 'bicubic' } },
  clip: { name: 'OpenAI CLIP', image: { ...crop, ...CLIP, crop_pct: 1, interpolation: 'bicubic' } },
  // facebookresearch/dinov2 and dino evaluate on Resize(256, bicubic) and CenterCrop(224).
  dino: { name: 'DINO', image: { ...timm, ...IMAGENET, crop_pct: 0.875 } },
  dinov2: { name: 'DINOv2', image: { ...timm, ...IMAGENET, crop_pct: 0.875 } },
};

/** How the images of a family are usually prepared, where no file says it; without a known family as Google's are. */
export function familyOf(scheme: string, architecture: string | undefined, size: Size | undefined): Preprocessing {
  const known = scheme === 'timm' && architecture !== undefined ? timmFamily(architecture, size) : SCHEMES[scheme];
  const { name, image } = known ?? AUGREG;
  const notes =
    known !== undefined
      ? []
      : [l10n.t('How the images of these weights were prepared is said nowhere, and their names ({0}) do not tell: mean and deviation of 0.5 are a guess. Check image.mean, image.std and image.crop_pct.', scheme)];
  return {
    image: { size: 224, channels: 3, ...image },
    source: known === undefined ? l10n.t('No file tells of preprocessing: taken as most ViTs of timm have it.') : l10n.t('No file tells of preprocessing: taken as {0} has it.', name),
    notes,
  };
}

/** A preset knows its images; other names, and tags after a dot, tell the family. */
function timmFamily(architecture: string, size: Size | undefined): Family {
  if (isPresetName(architecture)) return { name: architecture, image: presets[architecture].image };
  const named = TIMM.find(([pattern]) => pattern.test(architecture))?.[1];
  const untagged = architecture.split('.')[0]!;
  if (named === undefined && isPresetName(untagged)) return timmFamily(untagged, size);
  const family = named ?? AUGREG;
  // At 384 pixels and above nothing is cut off, and in DeiT III neither where it was trained on ImageNet-22k first.
  const whole = (size?.[0] ?? 0) >= 384 && !/siglip/.test(architecture);
  return whole || /^deit3.*in22k/.test(architecture) ? { ...family, image: { ...family.image, crop_pct: 1 } } : family;
}
