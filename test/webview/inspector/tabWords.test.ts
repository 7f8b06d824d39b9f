import { describe, expect, test } from 'vitest';
import { mapWords } from '../../../webview/gallery/words';
import { featureExplanation } from '../../../webview/inspector/features/words';
import { explanation } from '../../../webview/inspector/tabWords';
import { traitsOf, type Traits } from '../../../webview/inspector/traits';

/** What is said above each tab, of networks that are not the one of the paper. */

const vit = traitsOf(null);
const cct: Traits = { ...vit, projection: 'conv_stem', classToken: false, prefix: [], posEmbed: 'sincos2d', pool: 'seq' };
const all = (traits: Traits): string => JSON.stringify([...(['flow', 'attention', 'rollout', 'explain', 'position', 'patches'] as const).map((tab) => explanation(tab, traits)), ...(['filters', 'similarity', 'shuffle', 'alignment'] as const).map((view) => featureExplanation(view, traits))]);

describe('words about the network', () => {
  test('the ViT of the paper has what the paper has', () => {
    expect(explanation('flow', vit).formula).toContain('Z₀ = [cls; x·E] + P');
    expect(explanation('attention', vit).caveat).toContain('only the row of the class token reaches the answer');
    expect(explanation('patches', vit).seen).toBe('The image is cut into patches and read row by row: this sequence, behind [cls], is all that the Transformer sees.');
    expect(explanation('position', vit).caveat).toContain('learns positions');
    expect(explanation('rollout', vit).terms).toContain('class-token');
  });

  test('of a network without class token, with convolutions before the tokens, nothing is said that only a ViT has', () => {
    expect(all(cct)).not.toMatch(/cut into patches|P²|\[cls|learns positions|Half the patch|from the class token|row of the class token|"class-token"/);
    expect(explanation('flow', cct).formula).toContain('Z₀ = conv(x) + P');
    expect(explanation('patches', cct).seen).toContain('parts of the image that overlap');
    expect(explanation('attention', cct).caveat).toContain('sequence pooling takes all tokens');
    expect(explanation('position', cct).caveat).toContain('computed, not learned');
    expect(explanation('explain', cct).caveat).toContain('there is no class token');
    expect(featureExplanation('filters', cct).seen).toContain('first convolution');
    expect(mapWords('attention', { classToken: false })).toContain('what the patches look at');
  });

  test('registers, distillation token, mean pooling, a ResNet before the blocks, a Mixer and a ResNet', () => {
    expect(explanation('flow', { ...vit, block: 'post_norm' }).formula).toContain('\nZ′ = norm(Z + MSA(Z)),  Z″ = norm(Z′ + MLP(Z′))\n');
    expect(explanation('flow', { ...vit, block: 'parallel' }).formula).toContain('\nZ″ = Z + MSA(norm(Z)) + MLP(norm(Z))\n');
    const deit: Traits = { ...vit, distilled: true, prefix: ['[cls]', '[dist]', '[reg1]'] };
    expect(explanation('flow', deit).formula).toContain('Z₀ = [cls; dist; reg1; x·E] + P');
    expect(explanation('attention', deit).caveat).toContain('of the class token and of the distillation token');
    expect(explanation('patches', deit).seen).toContain('behind [cls] [dist] [reg1]');
    const mean: Traits = { ...vit, classToken: false, prefix: [], pool: 'avg', posEmbed: 'none' };
    expect(explanation('attention', mean).caveat).toContain('the head reads their mean');
    expect(explanation('flow', mean).formula).toMatch(/^Z₀ = x·E\n/);
    expect(explanation('position', mean).caveat).toBe('');
    const hybrid: Traits = { ...vit, projection: 'resnetv2' };
    expect(explanation('patches', hybrid).seen).toContain('A ResNet reads the image first');
    expect(explanation('patches', hybrid).formula).not.toContain('P²');
    expect(all({ ...mean, architecture: 'mixer' })).not.toMatch(/Transformer sees/);
    expect(explanation('flow', { ...mean, architecture: 'mixer' }).formula).not.toContain('MSA');
    expect(explanation('patches', { ...mean, architecture: 'mixer' }).formula).not.toContain('MSA');
    expect(explanation('patches', { ...mean, architecture: 'resnet' }).seen).toContain('cuts no patches');
  });
});
