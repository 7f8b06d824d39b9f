import * as l10n from '@vscode/l10n';
import type { Explanation } from '../tabWords';
import { seesByConvolutions, type Traits } from '../traits';
import type { Applicable } from './model';
import type { FeatureName } from './place';

export function featureName(view: FeatureName): string {
  switch (view) {
    case 'filters':
      return l10n.t('Filters');
    case 'colours':
      return l10n.t('Colours');
    case 'norms':
      return l10n.t('Norms');
    case 'similarity':
      return l10n.t('Similarity');
    case 'lens':
      return l10n.t('Logit lens');
    case 'heads':
      return l10n.t('Heads off');
    case 'shuffle':
      return l10n.t('Shuffle');
    case 'alignment':
      return l10n.t('CKA');
    case 'neighbours':
      return l10n.t('Neighbours');
  }
}

/** What a view shows, what it is computed by, where that is from, and what not to believe. */
export function featureExplanation(view: FeatureName, traits: Traits): Explanation {
  if (view === 'filters' && seesByConvolutions(traits)) return ofConvolutions();
  const { terms, ...rest } = view === 'filters' || view === 'colours' || view === 'norms' || view === 'similarity' || view === 'lens' ? ofTokens(view, traits) : ofChanges(view, traits);
  return { ...rest, terms: traits.classToken ? terms : terms.filter((term) => term !== 'class-token') };
}

function ofConvolutions(): Explanation {
  return {
    seen: l10n.t('What the first convolution looks for around every pixel: the directions in which its kernels differ most, drawn as pictures.'),
    formula: l10n.t('W ∈ ℝ^(C₁ × k²·C): a kernel for each channel that it makes\nprincipal components of its rows, each scaled from its minimum to its maximum'),
    source: l10n.t('As Dosovitskiy et al. 2021, section 4.5 and figure 7 (left), have it for the patch projection.'),
    caveat: l10n.t('The sign of a component means nothing: its picture may as well be turned over. After a short training on few images they look like noise.'),
    terms: ['width'],
  };
}

function ofTokens(view: 'filters' | 'colours' | 'norms' | 'similarity' | 'lens', { pool, fcNorm }: Traits): Explanation {
  switch (view) {
    case 'filters':
      return {
        seen: l10n.t('What the first layer looks for in a patch: the directions in which its kernels differ most, drawn as pictures.'),
        formula: l10n.t('E ∈ ℝ^(D × P²·C): a kernel for each dimension\nprincipal components of its rows, each scaled from its minimum to its maximum'),
        source: l10n.t('Dosovitskiy et al. 2021, section 4.5 and figure 7 (left).'),
        caveat: l10n.t('The sign of a component means nothing: its picture may as well be turned over. After a short training on few images they look like noise.'),
        terms: ['patch-embedding', 'patch', 'width'],
      };
    case 'colours':
      return {
        seen: l10n.t('Patches of one colour mean the same to the network: three principal components of their features are red, green and blue.'),
        formula: l10n.t('c₁, c₂, c₃: principal components of the tokens of the patches, each scaled from its minimum to its maximum\nforeground: patches whose first component (of all patches) lies above or below a threshold'),
        source: l10n.t('Oquab et al. 2024 (DINOv2), figure 1 and section 7.5, who take the tokens behind the last norm.'),
        caveat: l10n.t('Components of this image alone: colours cannot be compared between images or layers, and their signs and order mean nothing. Read the share of the variance that they hold.'),
        terms: ['token', 'register'],
      };
    case 'norms':
      return {
        seen: l10n.t('How long the vector of each token is: in large networks a few patches of very large norm hold something of the whole image, not of their place.'),
        formula: l10n.t('‖zᵢ‖ after each layer\noutlier: ‖zᵢ‖ > median + k · 1.4826 · median(|‖zᵢ‖ − median|), over the patches'),
        source: l10n.t('Darcet et al. 2024 (Vision Transformers Need Registers), section 2.1. They set a number by hand for each model; the rule here is a robust one.'),
        caveat: l10n.t('Outliers appear in large networks after long training; in small ones there are few or none. Behind the last norm all tokens are about as long.'),
        terms: ['token-norm', 'register', 'layer-norm'],
      };
    case 'similarity':
      return {
        seen: l10n.t('How alike the tokens are: where the curve comes near 1, all patches say the same, which is called over-smoothing.'),
        formula: l10n.t('cos(zᵢ, zⱼ) = zᵢ · zⱼ / (‖zᵢ‖ ‖zⱼ‖)\ncurve: mean over all pairs of different patches'),
        source: l10n.t('Dong et al. 2021 (Attention is not all you need); Wang et al. 2022 (Anti-Oversmoothing in Deep Vision Transformers).'),
        caveat: `${l10n.t('A few dimensions that are large in all tokens make all of them look alike; that is no over-smoothing.')}${pool === 'token' ? ` ${l10n.t('Patches may become alike because only the class token is read.')}` : ''}`,
        terms: ['cosine-similarity', 'token', 'class-token'],
      };
    case 'lens':
      return {
        seen: l10n.t('What the network would say if it ended after each layer: its last norm and its head, applied to the tokens on the way.'),
        formula: fcNorm ? 'pₗ = softmax(head(norm(pool(zₗ))))' : 'pₗ = softmax(head(pool(norm(zₗ))))',
        source: l10n.t('nostalgebraist 2020 (logit lens); for ViTs: Vilas et al. 2023 (Analyzing Vision Transformers for Image Classification in Class Embedding Space).'),
        caveat: l10n.t('The head was trained on the last layer. An earlier layer may know the class in directions that the head does not read, so that little here does not mean that nothing is known.'),
        terms: ['logit-lens', 'logits', 'pooling', 'layer-norm'],
      };
  }
}

function ofChanges(view: 'heads' | 'shuffle' | 'alignment' | 'neighbours', traits: Traits): Explanation {
  switch (view) {
    case 'heads':
      return {
        seen: l10n.t('What each head is worth for this image: the logit of the class while that head alone is turned off. Click heads to hold them off together.'),
        formula: l10n.t('Δ = y_c(without the head) − y_c,  without: its output is 0 before the projection'),
        source: l10n.t('Michel et al. 2019 (Are Sixteen Heads Really Better than One?), section 2.3; Voita et al. 2019.'),
        caveat: l10n.t('Of one image and one class. Zero is an output that the next layer has never seen, and heads stand in for each other: what several do together is not the sum of what each does.'),
        terms: ['head', 'logits'],
      };
    case 'shuffle':
      return {
        seen: l10n.t('The image in pieces that have changed places: what is lost is what the network knows of where things are.'),
        formula: l10n.t('x′ = pieces of x in the order of a permutation;  p_c(x′) by the number of pieces, over some seeds'),
        source: l10n.t('Naseer et al. 2021 (Intriguing Properties of Vision Transformers), section 3.3.'),
        caveat: `${l10n.t('A network without positions says the same of any order of its patches. One that loses nothing here reads textures and colours, as a bag of patches.')}${seesByConvolutions(traits) ? ` ${l10n.t('The convolutions of this one also see the new seams.')}` : ''}`,
        terms: ['position-embedding', 'inductive-bias', 'patch'],
      };
    case 'alignment':
      return {
        seen: l10n.t('How alike the layers are in what they tell apart: 1 where two layers hold the same distances between images, whatever turns or scales them.'),
        formula: l10n.t('CKA = HSIC(K, L) / √(HSIC(K, K) · HSIC(L, L)),  K = XXᵀ, L = YYᵀ over images\ndebiased: with the unbiased estimate HSIC₁'),
        source: l10n.t('Kornblith et al. 2019, section 3; for ViTs: Raghu et al. 2021; debiased: Song et al. 2012, Nguyen et al. 2021.'),
        caveat: `${traits.classToken ? l10n.t('One vector stands for an image, the class token or the mean of the patches; Raghu et al. take all tokens.') : l10n.t('One vector stands for an image, the mean over its places; Raghu et al. take all tokens.')} ${l10n.t('The plain one is too high where images are not many more than features. A dash: the layer makes the same of all images.')}`,
        terms: ['cka', 'checkpoint', 'pooling'],
      };
    case 'neighbours':
      return {
        seen: l10n.t('The images that the network takes for the most similar ones: those whose features before the head have the smallest angle.'),
        formula: 'cos(f(x), f(y)) = f(x) · f(y) / (‖f(x)‖ ‖f(y)‖)',
        source: l10n.t('Wu et al. 2018 (instance discrimination) and Caron et al. 2021 (DINO) classify by such neighbours.'),
        caveat: l10n.t('Near is what the head needs to be near. Images of the training are nearer than others because they were learned.'),
        terms: ['cosine-similarity', 'validation'],
      };
  }
}

/** Why a view has nothing to show. */
export function whyNot(applicable: Exclude<Applicable, 'yes'>): string {
  switch (applicable) {
    case 'resnet':
      return l10n.t('This network is a ResNet: it has no tokens. Its filters, CKA, shuffled images and neighbours can be seen.');
    case 'mixer':
      return l10n.t('This network is an MLP-Mixer: it has no heads that could be turned off.');
    case 'headless':
      return l10n.t('This network has no head: it gives features, and no class whose logit could be read.');
    case 'kept':
      return l10n.t('A look that a training kept has attention and no weights, so that nothing more can be asked of it. Choose a checkpoint of the run.');
  }
}
