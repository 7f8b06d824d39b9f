import * as l10n from '@vscode/l10n';
import { citation } from '../../glossary/citation';

/** What the literature says of a thing, shortly, and where. */
export interface Said {
  readonly words: string;
  readonly source: string;
}

const VIT = 'Dosovitskiy et al. 2021, “An Image is Worth 16x16 Words”';
const VASWANI = 'Vaswani et al. 2017, “Attention Is All You Need”';
const DEIT = 'Touvron et al. 2021, “Training data-efficient image transformers & distillation through attention”';
const STEINER = 'Steiner et al. 2022, “How to train your ViT?”';

/** What the paper behind a key says, in the user's language and in our words where no quotation marks stand; the source names the section. */
export function saidOf(key: string): Said | undefined {
  const said = modelWords(key) ?? tokenWords(key) ?? trainWords(key) ?? regularWords(key);
  return said && { ...said, source: citation(said.source) };
}

function modelWords(key: string): Said | undefined {
  switch (key) {
    case 'model':
    case 'model.architecture':
      return { words: l10n.t('“We find that large scale training trumps inductive bias”: a ViT has less image-specific inductive bias than a CNN; only its MLPs are local and translationally equivariant, its self-attention is global. With few images a CNN therefore tends to be ahead.'), source: `${VIT}, §1, §3.1` };
    case 'model.patch_size':
      return { words: l10n.t('The image is reshaped into a sequence of N = HW/P² flattened patches; N is the effective length of the input sequence. That length is inversely proportional to the square of the patch size, so that models with smaller patches are computationally more expensive.'), source: `${VIT}, §3.1, §4.1` };
    case 'model.embed_dim':
      return { words: l10n.t('The Transformer uses a constant latent vector size D through all of its layers; a trainable linear projection maps each flattened patch to D dimensions. D is 768 in ViT-Base, 1024 in Large and 1280 in Huge.'), source: `${VIT}, §3.1, Table 1` };
    case 'model.depth':
      return { words: l10n.t('The encoder alternates layers of multi-head self-attention and MLP blocks: 12 layers in ViT-Base, 24 in Large, 32 in Huge. When models were scaled, more depth brought most, until diminishing returns after 16 layers.'), source: `${VIT}, §3.1, Table 1, appendix D.2` };
    case 'model.num_heads':
      return { words: l10n.t('Several heads let a model attend at once to information from different representation subspaces at different positions. Each head has D/H dimensions, so that their number hardly changes what is computed.'), source: `${VASWANI}, §3.2.2; ${VIT}, appendix A` };
    case 'model.mlp_ratio':
      return { words: l10n.t('The MLP has two layers with a GELU between them. Its hidden size is four times D in all models of the paper (3072 for D = 768).'), source: `${VIT}, §3.1, Table 1` };
    case 'model.projection':
    case 'model.layers':
      return { words: l10n.t('In the hybrid, the input sequence is formed from the feature maps of a CNN instead of raw image patches. Hybrids slightly outperform ViT at small computational budgets; for larger models the difference vanishes.'), source: `${VIT}, §3.1, §4.4` };
    case 'model.norm_first':
      return { words: l10n.t('LayerNorm stands before every block, and residual connections after it; the first Transformer had the norm behind the sum. With the norm first, gradients at the start are well behaved and warm-up matters less.'), source: `${VIT}, §3.1; Xiong et al. 2020, “On Layer Normalization in the Transformer Architecture”` };
    case 'model.attention':
      return { words: l10n.t('For small datasets: a temperature that is learned and a diagonal that is masked sharpen the attention, which is otherwise too smooth and looks too much at itself.'), source: 'Lee et al. 2021, “Vision Transformer for Small-Size Datasets”, §3' };
    case 'model.init_values':
      return { words: l10n.t('LayerScale multiplies the output of each residual block by a diagonal matrix that is learned and begins near 0, so that deep networks train.'), source: 'Touvron et al. 2021, “Going deeper with Image Transformers”, §2' };
    case 'model.qk_norm':
      return { words: l10n.t('Queries and keys are normalised before their product, because attention logits that grow make the training of very large models diverge.'), source: 'Dehghani et al. 2023, “Scaling Vision Transformers to 22 Billion Parameters”, §2' };
    default:
      return undefined;
  }
}

function tokenWords(key: string): Said | undefined {
  switch (key) {
    case 'model.pos_embed':
      return { words: l10n.t('Position embeddings are added to the patch embeddings to retain positional information: standard learnable 1-D ones, since 2-D-aware ones brought no significant gain. Without any, accuracy falls by about three points; the kinds differ little among themselves.'), source: `${VIT}, §3.1, appendix D.4, Table 8` };
    case 'model.global_pool':
    case 'model.class_token':
      return { words: l10n.t('A learnable embedding is put before the sequence of patches, as BERT’s [class] token; its state at the output of the encoder serves as the image representation. Averaging the patches works about as well, but wants another learning rate.'), source: `${VIT}, §3.1, appendix D.3` };
    case 'model.reg_tokens':
      return { words: l10n.t('Large ViTs turn patches of little information, mostly of the background, into storage for internal computations: artifacts with a high norm in their feature maps. Additional tokens, registers, take that role, and the maps become smooth.'), source: 'Darcet et al. 2024, “Vision Transformers Need Registers”, §2' };
    case 'model.distilled':
      return { words: l10n.t('A distillation token goes through the layers as the class token does, and its head learns to reproduce the label of the teacher; at test time both heads are added.'), source: `${DEIT}, §4` };
    case 'image.size':
      return { words: l10n.t('Fine-tuning at a higher resolution than pre-training helps: the patch size stays, the sequence becomes longer, and the pre-trained position embeddings are interpolated in 2-D by their place in the image.'), source: `${VIT}, §3.2` };
    case 'model.patch_drop_rate':
      return { words: l10n.t('Leaving patches out while training makes steps cheaper and regularises; evaluated is on all of them.'), source: 'Liu et al. 2022, “PatchDropout: Economizing Vision Transformers Using Patch Dropout”' };
    default:
      return undefined;
  }
}

function trainWords(key: string): Said | undefined {
  switch (key) {
    case 'train.warmup_epochs':
      return { words: l10n.t('The learning rate rises linearly at first: over 10,000 steps in the pre-training of ViT, over 4,000 in the first Transformer.'), source: `${VIT}, appendix B.1, Table 3; ${VASWANI}, §5.3` };
    case 'train.schedule':
    case 'train.lr':
      return { words: l10n.t('Adam with warm-up and linear decay in pre-training, SGD with momentum and a cosine in fine-tuning. DeiT scales the learning rate with the batch: 0.0005 × batch / 512.'), source: `${VIT}, §4.1, appendix B.1; ${DEIT}, §6` };
    case 'train.weight_decay':
      return { words: l10n.t('“A high weight decay of 0.1, which we found to be useful for transfer of all models”; with AdamW the decay is apart from the gradient.'), source: `${VIT}, §4.1; Loshchilov & Hutter 2019, “Decoupled Weight Decay Regularization”` };
    case 'train.clip_grad':
      return { words: l10n.t('The gradient is clipped at a global norm of 1, in fine-tuning and in pre-training on ImageNet.'), source: `${VIT}, appendix B.1` };
    case 'train.sam_rho':
      return { words: l10n.t('Not the loss at the weights is minimised but the worst within a distance ρ of them, so that flat minima win; ViTs gain more by it than ResNets do. The price is a second pass for each step.'), source: 'Foret et al. 2021, “Sharpness-Aware Minimization”, §2; Chen et al. 2022, “When Vision Transformers Outperform ResNets without Pre-training or Strong Data Augmentations”' };
    case 'train.distillation':
    case 'train.distillation.kind':
    case 'train.distillation.temperature':
      return { words: l10n.t('A student learns from the softened probabilities of a teacher (τ > 1), or, in DeiT, takes its hard decision for a true label. A convolutional teacher taught a ViT more than another ViT, probably by its inductive bias.'), source: `Hinton et al. 2015, “Distilling the Knowledge in a Neural Network”; ${DEIT}, §4, §5.2` };
    case 'train.model_ema_decay':
      return { words: l10n.t('An average over the weights along the training lies in flatter minima and generalises better than the last weights alone.'), source: 'Izmailov et al. 2018, “Averaging Weights Leads to Wider Optima and Better Generalization”' };
    case 'finetune':
    case 'finetune.from':
    case 'finetune.zero_head':
      return { words: l10n.t('For fine-tuning the pre-trained prediction head is removed, and a D × K feed-forward layer that begins at zero is attached, where K is the number of classes.'), source: `${VIT}, §3.2` };
    case 'finetune.layer_decay':
      return { words: l10n.t('Layers near the input learn more slowly than those near the head, by a constant factor from layer to layer (0.65 in BEiT, 0.75 in MAE): what is general is kept.'), source: 'Clark et al. 2020, “ELECTRA”; Bao et al. 2022, “BEiT”; He et al. 2022, “Masked Autoencoders Are Scalable Vision Learners”, appendix' };
    default:
      return undefined;
  }
}

function regularWords(key: string): Said | undefined {
  switch (key) {
    case 'model.drop_path_rate':
      return { words: l10n.t('Whole residual blocks are left out at random while training, deeper ones more often: an ensemble of networks of several depths. DeiT trains with 0.1.'), source: `Huang et al. 2016, “Deep Networks with Stochastic Depth”, §3; ${DEIT}, Table 9` };
    case 'model.drop_rate':
      return { words: l10n.t('Dropout stands behind every dense layer but those of queries, keys and values, and behind the position embeddings. Augmentation and regularisation together, with more compute, can be worth ten times the data.'), source: `${VIT}, appendix B.1; ${STEINER}` };
    case 'train.label_smoothing':
      return { words: l10n.t('Targets are mixed with the uniform distribution over the classes, which keeps the network from being too sure of itself; DeiT takes 0.1.'), source: `Szegedy et al. 2016, “Rethinking the Inception Architecture”, §7; ${DEIT}, Table 9` };
    case 'train.mixup':
      return { words: l10n.t('Networks are trained on convex combinations of pairs of images and their labels, x̃ = λx₁ + (1 − λ)x₂ with λ from Beta(α, α): they learn to behave linearly between training examples. DeiT’s table gives 0.8.'), source: `Zhang et al. 2018, “mixup: Beyond Empirical Risk Minimization”, §2; ${DEIT}, Table 9` };
    case 'train.cutmix':
      return { words: l10n.t('A patch of one training image is pasted into another, and labels are mixed in proportion to the area: no pixel is uninformative, as it would be where regions are only erased.'), source: 'Yun et al. 2019, “CutMix”, §3' };
    case 'train.augment':
    case 'train.augment.rand_augment':
      return { words: l10n.t('Compared with CNNs, Transformers need more augmentation: almost every method that was tried helped. RandAugment draws N operations of one strength M, so that only two numbers have to be searched.'), source: `${DEIT}, §6; Cubuk et al. 2020, “RandAugment”, §3` };
    case 'train.augment.random_erasing':
      return { words: l10n.t('A rectangle at a random place loses its pixels, so that the network does not rely on a single part; DeiT does it to a quarter of the images.'), source: `Zhong et al. 2020, “Random Erasing Data Augmentation”, §3; ${DEIT}, Table 9` };
    case 'dataset.sampling':
    case 'dataset.sampling.repeats':
      return { words: l10n.t('The same image occurs several times in a batch, augmented differently each time; DeiT takes three times and calls it one of the key ingredients.'), source: `Hoffer et al. 2020, “Augment Your Batch”; ${DEIT}, §6` };
    case 'dataset.limit':
    case 'dataset.subset.fraction':
      return { words: l10n.t('With few images ViTs overfit more than ResNets of like cost; with many they overtake them.'), source: `${VIT}, §4.3` };
    default:
      return undefined;
  }
}
