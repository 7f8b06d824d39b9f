import * as l10n from '@vscode/l10n';
import type { InductiveBias } from '../protocol';
import type { ViTSpec } from './model/spec';

/** What the parts of a network presume of images, in words that fit into a cell of a table. */
export function inductiveBias(spec: ViTSpec): InductiveBias {
  if (spec.architecture === 'resnet') {
    const everywhere = l10n.t('in every layer');
    return { locality: everywhere, translation: everywhere, structure: everywhere, hierarchy: l10n.t('{0} stages', spec.layers.length) };
  }
  const before = l10n.t('before the blocks');
  if (spec.projection === 'conv_stem' || spec.projection === 'resnetv2') {
    return { locality: before, translation: before, structure: `${before}; ${positions(spec)}`, hierarchy: before };
  }
  return {
    locality: spec.projection === 'shifted_patches' ? l10n.t('within a patch and half a patch around it') : l10n.t('within a patch'),
    translation: translation(spec),
    structure: spec.architecture === 'mixer' ? l10n.t('learned: weights for each patch') : positions(spec),
    hierarchy: l10n.t('none'),
  };
}

/** Patches are cut and projected alike wherever they lie. What tells them apart by their place ends that; by the distance between two, it does not. */
function translation({ architecture, posEmbed }: ViTSpec): string {
  if (architecture === 'mixer') return l10n.t('of the patch projection only');
  const placed = posEmbed === 'learned' || posEmbed === 'sincos1d' || posEmbed === 'sincos2d';
  return placed ? l10n.t('by whole patches, but for the positions') : l10n.t('by whole patches');
}

function positions({ posEmbed }: ViTSpec): string {
  switch (posEmbed) {
    case 'none':
      return l10n.t('none: a set of patches');
    case 'learned':
      return l10n.t('learned in the positions');
    case 'sincos1d':
      return l10n.t('fixed positions in one row');
    case 'sincos2d':
      return l10n.t('fixed in the positions');
    case 'rope':
      return l10n.t('fixed: turned by row and column');
    case 'relative':
      return l10n.t('learned for each distance');
  }
}
