import * as l10n from '@vscode/l10n';

/** A published model that ViT Lab is known to run. */
export interface KnownModel {
  /** Owner and name on the Hugging Face Hub. */
  readonly repo: string;
  readonly params: number;
  /** SPDX identifier in lower case, as the hub writes it. */
  readonly licence: string;
  readonly what: () => string;
}

const APACHE = 'apache-2.0';
const known = (repo: string, params: number, what: () => string): KnownModel => ({ repo, params, licence: APACHE, what });

/**
 * Models worth beginning with, smallest first in each family. Repositories, licences and parameter counts of `timm/…` are
 * those of timm's own list (`timm.get_pretrained_cfg`), which `test/parity/catalogue.test.ts` compares them with. What
 * only the hub knows, sizes of files and commits, is asked of the hub.
 */
export const CATALOGUE: readonly KnownModel[] = [
  known('timm/test_vit.r160_in1k', 371_240, () => l10n.t('a tiny ViT for a first try, 160 px, ImageNet-1k')),
  known('timm/test_vit2.r160_in1k', 455_720, () => l10n.t('the same with a register, layer scale and average pooling')),
  known('timm/test_vit3.r160_in1k', 930_280, () => l10n.t('the same with a register and attention pooling')),
  known('timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k', 5_717_416, () => l10n.t('ViT-Ti/16, ImageNet-21k, then 1k: a good one to fine-tune on a laptop')),
  known('timm/vit_small_patch32_224.augreg_in21k_ft_in1k', 22_878_952, () => l10n.t('ViT-S/32, ImageNet-21k, then 1k: the fastest of its size')),
  known('timm/vit_small_patch16_224.augreg_in21k_ft_in1k', 22_050_664, () => l10n.t('ViT-S/16, ImageNet-21k, then 1k')),
  known('timm/vit_base_patch32_224.augreg_in21k_ft_in1k', 88_224_232, () => l10n.t('ViT-B/32, ImageNet-21k, then 1k')),
  known('timm/vit_base_patch16_224.augreg_in21k_ft_in1k', 86_567_656, () => l10n.t('ViT-B/16, ImageNet-21k, then 1k')),
  known('google/vit-base-patch16-224', 86_567_656, () => l10n.t('ViT-B/16 of the paper, as Transformers has it')),
  known('timm/deit_tiny_patch16_224.fb_in1k', 5_717_416, () => l10n.t('DeiT-Ti: ImageNet-1k alone')),
  known('facebook/deit-tiny-patch16-224', 5_717_416, () => l10n.t('DeiT-Ti, as Transformers has it')),
  known('timm/deit_tiny_distilled_patch16_224.fb_in1k', 5_910_800, () => l10n.t('DeiT-Ti with a distillation token')),
  known('timm/deit_small_patch16_224.fb_in1k', 22_050_664, () => l10n.t('DeiT-S: ImageNet-1k alone')),
  known('timm/vit_small_patch14_dinov2.lvd142m', 22_056_192, () => l10n.t('DINOv2-S/14: trained without labels; features and clear attention, no classes')),
  known('timm/vit_small_patch14_reg4_dinov2.lvd142m', 22_057_344, () => l10n.t('DINOv2-S/14 with registers: attention without artefacts, no classes')),
  known('facebook/dinov2-small', 22_056_576, () => l10n.t('DINOv2-S/14, as Transformers has it, no classes')),
];
