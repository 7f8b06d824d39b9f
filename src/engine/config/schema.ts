import { z } from 'zod';
import { presetNames } from '../model/presets';
import { augmentSchema } from './augmentSchema';
import { sweepSchema } from './sweepSchema';
import { trackingSchema } from './trackingSchema';

/**
 * What a configuration file may say, its defaults and its words. One source for the parser, the TypeScript types, the
 * JSON schema (`configs/vit-lab.schema.json`) and the table of `docs/configuration.md`. Names follow timm where timm
 * has one. Rules that join two fields (width divisible by heads …) live in `rules.ts`.
 */

const pair = z.tuple([z.int().min(1).max(4096), z.int().min(1).max(4096)]);
const size = z.union([z.int().min(1).max(4096), pair]);
const share = z.number().min(0).max(0.9);

const dataset = z.strictObject({
  path: z
    .string()
    .min(1)
    .optional()
    .describe('Folder, zip or data file, relative to this configuration. Not needed for `format: shapes`.'),
  format: z
    .enum(['auto', 'folder', 'zip', 'idx', 'cifar', 'shapes'])
    .default('auto')
    .describe('How the images are stored. `auto` looks at the path. `shapes` draws a sample of its own.'),
  classes: z
    .array(z.string().min(1))
    .min(2)
    .max(10_000)
    .optional()
    .describe('Use only the images of these classes, by their names, in this order. If it is not said: all of them.'),
  val_split: share.default(0.1).describe('Share of the training images held out for validation, if there is no val folder.'),
  test_split: share.default(0.1).describe('Share held out for the test, if there is no test folder.'),
  split_seed: z.int().min(0).default(0).describe('Seed of the stratified split; apart from `seed`, so that repeats share a split.'),
  limit: z
    .strictObject({
      train: z.int().min(1).optional().describe('At most this many training images, drawn evenly over the classes.'),
      val: z.int().min(1).optional().describe('At most this many validation images.'),
      test: z.int().min(1).optional().describe('At most this many test images.'),
    })
    .prefault({})
    .describe('Use only a part of the images.'),
  subset: z
    .strictObject({
      fraction: z.number().positive().max(1).default(1).describe('Share of the training images of every class.'),
      per_class: z.int().min(1).optional().describe('So many training images of every class, or all where it has fewer; in place of `fraction`.'),
    })
    .prefault({})
    .describe('Use a part of the training images, drawn by `split_seed`. A smaller part lies within every larger one, for curves over the amount of data. `limit.train` applies to what is left.'),
  sampling: z
    .strictObject({
      order: z
        .enum(['shuffled', 'weighted', 'balanced'])
        .default('shuffled')
        .describe('What an epoch reads, which is as many images as there are in any case: every one once; drawn with replacement by `weights`; or every class equally often, its images in turn.'),
      weights: z.array(z.number().min(0)).min(2).optional().describe('For `order: weighted`: how likely an image of each class is drawn, in their order.'),
      repeats: z.int().min(1).max(16).default(1).describe('Repeated augmentation (Hoffer et al. 2020; timm’s `--aug-repeats`): each image comes so many times in a row, augmented anew each time, and an epoch has as many fewer of them.'),
    })
    .prefault({})
    .describe('In which order, and how often, training images are read.'),
  workers: z
    .union([z.literal('auto'), z.int().min(0).max(64)])
    .default('auto')
    .describe('Threads that decode and augment; 0 does it in the thread of the engine, beside the steps. `auto` begins so, and starts threads when steps wait for their images. The number changes no result.'),
  memory: z
    .int()
    .min(0)
    .default(2 ** 30)
    .describe('Bytes of decoded images that are held in memory; what is more is read from a cache on the disk while steps run. The number changes no result.'),
  max_broken: z.number().min(0).max(1).default(0.2).describe('Stop when more than this share of the images cannot be read.'),
  shapes: z
    .strictObject({
      images: z.int().min(10).max(100_000).default(1200).describe('Images in all.'),
      size: z.int().min(16).max(512).default(32).describe('Side of an image in pixels.'),
    })
    .prefault({})
    .describe('The generated sample (`format: shapes`).'),
});

const image = z.strictObject({
  size: size.default(32).describe('Side of the model input in pixels, or [height, width].'),
  channels: z.union([z.literal(1), z.literal(3)]).default(3).describe('3 for colour, 1 for grey.'),
  fit: z
    .enum(['squash', 'crop', 'pad', 'border'])
    .default('squash')
    .describe('How an image of another shape is brought to `size`: squashed; resized by its shorter side and centre-cropped; or whole, padded with black (`pad`) or with the mean colour (`border`, as timm has it).'),
  crop_pct: z
    .number()
    .min(0.05)
    .max(1)
    .default(1)
    .describe('Share of the side that the centre crop keeps: the image is first brought to floor(`size` / `crop_pct`) by its `fit`. 0.875 of 224 is torchvision’s 256, 0.9 is timm’s 248.'),
  crop_rounding: z
    .enum(['even', 'floor'])
    .default('even')
    .describe('Where the centre crop begins when an odd number of pixels is cut off: rounded to even as torchvision and timm do, or down as Hugging Face’s processors do.'),
  interpolation: z
    .enum(['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'])
    .default('bicubic')
    .describe('Resampling, antialiased as in PIL, whose names these are.'),
  mean: z.array(z.number()).min(1).max(3).default([0.5]).describe('Subtracted per channel after scaling to 0…1; one number serves all channels.'),
  std: z.array(z.number().positive()).min(1).max(3).default([0.5]).describe('Divided by per channel; one number serves all channels.'),
});

const model = z.strictObject({
  preset: z
    .enum(presetNames)
    .optional()
    .describe("A network by timm's name, for example `vit_tiny_patch16_224`: fills in the keys of `model`, and size, colours and fit of `image`, that are not written. `vit-lab info --presets` lists them."),
  architecture: z
    .enum(['vit', 'mixer', 'resnet'])
    .default('vit')
    .describe(
      '`mixer` and `resnet` are there to compare with. An MLP-Mixer has patches, `depth` blocks and no attention; of the keys for tokens, positions, pooling and heads none has a meaning for it. A `resnet` has the keys `block`, `layers` and `stem_type`, `embed_dim` is the channels of its first stage, and the other keys of `model` have no meaning. Its BatchNorm sees each part of `train.grad_accum_steps` by itself.',
    ),
  block: z.enum(['basic', 'bottleneck']).default('basic').describe('Blocks of a `resnet`: two convolutions 3 × 3 (ResNet-18, 34), or 1 × 1, 3 × 3 and 1 × 1 with four times as many channels at the end (ResNet-50, 101).'),
  layers: z
    .array(z.int().min(1).max(64))
    .max(4)
    .optional()
    .describe('Blocks in each stage of a `resnet`, if it is not said [2, 2, 2, 2]; of `projection: resnetv2`, if it is not said none: the stem alone. [3, 4, 6, 3] makes a ResNet-34 or 50.'),
  stem_type: z
    .enum(['small', 'imagenet'])
    .default('small')
    .describe('The first convolution of a `resnet`: 3 × 3 at every pixel, for small images, or as for ImageNet 7 × 7 at every second one with a max-pool behind it, which leaves a quarter of each side.'),
  patch_size: size.default(4).describe('Side P of a patch in pixels, or [height, width].'),
  patch_fit: z
    .enum(['resize', 'pad'])
    .default('resize')
    .describe('When a side is no multiple of the patch: resize the image to the nearest multiple, or pad it with zeros to the next.'),
  projection: z
    .enum(['linear', 'conv', 'conv_stem', 'resnetv2', 'shifted_patches'])
    .default('linear')
    .describe(
      'Linear layer on the flattened patch, or a convolution of stride P: equal numbers. `conv_stem`: 3 × 3 convolutions, each with a max-pool that halves the image, until one position is left for every P pixels (P a power of 2), as the Compact Convolutional Transformer has it. `resnetv2`: patches of what a ResNet makes of the image, the hybrid of the ViT paper; P counts pixels of the image, 4 or more of them a position. `shifted_patches`: the image and four copies of it, shifted by half a patch to the corners, cut together (Shifted Patch Tokenization).',
    ),
  stem_dim: z
    .int()
    .min(1)
    .max(4096)
    .default(64)
    .describe('Channels of the convolutions of `conv_stem` before the last, which has `embed_dim`. Channels of the first convolution of `resnetv2`, a multiple of 32; its first stage has four times as many.'),
  pos_embed: z
    .enum(['learned', 'sincos1d', 'sincos2d', 'none', 'rope', 'relative'])
    .default('learned')
    .describe('Positional information: a table added to the tokens, learned or of sines over the index or over row and column; `rope`, which turns queries and keys by row and column; or `relative`, a learned bias of the attention for each distance.'),
  no_embed_class: z.boolean().default(false).describe('Only patches have a position: class token, distillation token and registers have none.'),
  class_token: z.boolean().optional().describe('Whether there is a class token. If it is not said: with `global_pool: token` and `token_avg`.'),
  distilled: z.boolean().default(false).describe('A distillation token with a head of its own, as DeiT has it; the logits are the mean of both heads.'),
  reg_tokens: z.int().min(0).max(64).default(0).describe('Registers: tokens between class token and patches in which a network can put what belongs to no patch.'),
  pre_norm: z.boolean().default(false).describe('A norm before the first block, as CLIP has it; the patch projection then has no bias.'),
  global_pool: z
    .enum(['token', 'avg', 'seq', 'map', 'token_avg'])
    .default('token')
    .describe(
      'Classify from the class token, from the mean of the patches, from their mean with learned weights (`seq`, the sequence pooling of the Compact Transformers), from what a learned query attends to (`map`, as SigLIP has it), or from the class token beside the mean of the patches (`token_avg`, as DINOv2 has it).',
    ),
  pool_include_prefix: z.boolean().default(false).describe('`avg`, `seq` and `map` take in class token and registers, too.'),
  fc_norm: z.boolean().optional().describe('Whether the last norm comes behind the pooling. If it is not said: with `global_pool: avg`.'),
  dynamic_img_size: z
    .boolean()
    .default(false)
    .describe('Whether the network is meant for images of other sizes than `image.size`, too (timm’s word for it). Any network but a Mixer or one of relative positions takes them: `--image-size` in the terminal.'),
  depth: z.int().min(1).max(64).default(6).describe('Number of blocks L.'),
  num_heads: z.int().min(1).max(64).default(4).describe('Attention heads H; must divide `embed_dim`.'),
  attention: z
    .enum(['global', 'locality'])
    .default('global')
    .describe('`locality`: no token attends to itself, and every head learns how sharply it looks (Locality Self-Attention, for small data).'),
  embed_dim: z.int().min(1).max(4096).default(64).describe('Width D.'),
  mlp_ratio: z.number().positive().max(16).default(2).describe('Hidden width of the MLP over D; of `swiglu` that of its gate and its values together.'),
  token_mlp_ratio: z.number().positive().max(16).default(0.5).describe('Hidden width of the MLP over the patches of a `mixer`, over D; `mlp_ratio` is that of its MLP over the channels.'),
  mlp_layer: z.enum(['mlp', 'swiglu']).default('mlp').describe('`swiglu`: half of the first layer is a gate for the other half, with SiLU whatever `act_layer` says.'),
  act_layer: z
    .enum(['gelu', 'gelu_tanh', 'quick_gelu', 'relu', 'silu'])
    .default('gelu')
    .describe('Activation of the MLP. `gelu` is the exact one, `gelu_tanh` the approximation of JAX, `quick_gelu` that of CLIP.'),
  norm_layer: z.enum(['layernorm', 'rmsnorm']).default('layernorm').describe('`rmsnorm` divides by the root mean square and takes no mean away.'),
  norm_eps: z.number().positive().max(0.1).default(1e-6).describe('Added to the variance in every norm: 1e-6 in timm, 1e-5 in CLIP, 1e-12 in Hugging Face.'),
  norm_first: z.boolean().default(true).describe('False puts each norm behind the sum of input and output of attention and MLP: Add & Norm, as the first Transformer had it.'),
  parallel_blocks: z.boolean().default(false).describe('Attention and MLP of a block read the same tokens at once, instead of one after the other.'),
  qk_norm: z.boolean().default(false).describe('A norm for the queries and keys of every head.'),
  qkv_bias: z.boolean().default(true).describe('Biases of queries, keys and values.'),
  proj_bias: z.boolean().default(true).describe('Biases of the projection behind the attention and of the MLP.'),
  init_values: z.number().min(0).max(10).optional().describe('Layer scale: the first value of what every channel of attention and MLP is multiplied by, for example 1e-5. Without it, or with 0, there is none.'),
  drop_rate: z.number().min(0).lt(1).default(0).describe('Dropout after the position embedding, the attention projection and in the MLP.'),
  drop_path_rate: z.number().min(0).lt(1).default(0).describe('Stochastic depth, growing linearly to this at the last block; the same in all blocks of a `mixer`.'),
  patch_drop_rate: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('Patch dropout: share of the patches that a training step leaves out behind the position embedding, other ones of every image, so that the blocks have less to do (Liu et al. 2022). The network is evaluated on all of them.'),
});

const train = z.strictObject({
  epochs: z.int().min(1).max(100_000).default(10).describe('Passes over the training images.'),
  batch_size: z.int().min(1).max(65_536).default(64).describe('Images per step.'),
  lr: z.number().positive().default(1e-3).describe('Peak learning rate.'),
  min_lr: z.number().min(0).default(1e-5).describe('Learning rate at the end, and the least of `schedule: step` and `plateau`.'),
  schedule: z
    .enum(['cosine', 'linear', 'step', 'constant', 'one_cycle', 'plateau'])
    .default('cosine')
    .describe('How the learning rate goes from its peak `lr` to `min_lr` behind the warm-up: along half a cosine; straight; in steps (`decay_epochs`, `decay_rate`); not at all; as one cycle, whose warm-up is half a cosine from a 25th of the peak; or times `decay_rate` whenever `monitor` stops to improve (`plateau`).'),
  warmup_epochs: z.number().min(0).default(1).describe('Epochs of linear warm-up from zero.'),
  cooldown_epochs: z.number().min(0).default(0).describe('Epochs at `min_lr` at the end.'),
  cycles: z.int().min(1).max(1000).default(1).describe('Cosines one after the other, each from the peak again (SGDR).'),
  decay_epochs: z.number().positive().default(30).describe('Epochs between two steps of `schedule: step`.'),
  decay_rate: z.number().positive().max(1).default(0.1).describe('Factor of the learning rate at each of them, and at each plateau.'),
  plateau: z
    .strictObject({
      patience: z.int().min(0).max(100_000).default(10).describe('Epochs without improvement of `monitor` that are put up with; the next one lowers the learning rate.'),
      threshold: z.number().min(0).lt(1).default(1e-4).describe('Share of the best so far by which a value has to be better to count as improvement.'),
      cooldown: z.int().min(0).max(100_000).default(0).describe('Epochs behind each lowering that are not counted.'),
    })
    .prefault({})
    .describe('When `schedule: plateau` lowers the learning rate, as PyTorch’s ReduceLROnPlateau.'),
  opt: z
    .enum(['adamw', 'sgd', 'lion', 'lamb'])
    .default('adamw')
    .describe('The optimizer: AdamW; gradient descent with momentum, which wants a higher `lr` (about 0.1) and a lower `weight_decay` (about 0.0005); Lion, which wants a third to a tenth of the `lr` of AdamW and as much more decay; LAMB, for large batches.'),
  weight_decay: z.number().min(0).default(0.05).describe('Decay of the weights, decoupled from the gradient but for `opt: sgd`, which adds it to the gradient; not applied to 1-D parameters and embeddings.'),
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999]).describe('Decay of the two moments of AdamW and LAMB; of Lion, in its step and in its momentum, usually [0.9, 0.99].'),
  eps: z.number().positive().default(1e-8).describe('Added to the denominator of AdamW and LAMB.'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('Momentum of `opt: sgd`.'),
  nesterov: z.boolean().default(true).describe('Whether that momentum is Nesterov’s.'),
  clip_grad: z.number().min(0).default(1).describe('Where the gradient is clipped, see `clip_mode`; 0 leaves it as it is.'),
  clip_mode: z
    .enum(['norm', 'value', 'agc'])
    .default('norm')
    .describe('What `clip_grad` bounds: the global norm of the gradient; each of its numbers; or the gradient of each unit as a share of the norm of its weights, for example 0.02 (adaptive gradient clipping; not of the head).'),
  sam_rho: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe('Sharpness-aware minimisation: how far up the hill the gradient is taken from, for example 0.05, or 0.2 for a ViT; each step takes twice as long. With `grad_accum_steps`, each part climbs its own hill. 0 is off.'),
  grad_accum_steps: z
    .int()
    .min(1)
    .max(65_536)
    .default(1)
    .describe('Parts in which a batch is computed, one after the other: the same step with less memory.'),
  model_ema_decay: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('Decay of the running average of the weights, for example 0.999; 0 keeps none. Where one is kept, it is what is evaluated and saved.'),
  label_smoothing: z.number().min(0).lt(1).default(0).describe('Share of the target spread over all classes.'),
  loss: z
    .enum(['cross_entropy', 'bce', 'focal'])
    .default('cross_entropy')
    .describe('What is minimised: cross-entropy; the binary cross-entropy of each class by itself, the mean over all; or focal loss, which counts less what is known well.'),
  focal_gamma: z.number().min(0).max(10).default(2).describe('γ of the focal loss; 0 is cross-entropy.'),
  class_weights: z
    .union([z.enum(['none', 'balanced']), z.array(z.number().min(0)).min(2)])
    .default('none')
    .describe('How much an image of a class counts: all alike; `balanced`, as the inverse of how often the class occurs, so that each class counts alike; or a number for each class, in their order. The loss of a batch is not divided by them: numbers whose mean is not 1 make loss and steps larger or smaller.'),
  mixup: z.number().min(0).max(100).default(0).describe('α of mixup (Zhang et al. 2018), for example 0.8: pairs of images are added with a weight drawn from Beta(α, α), and so are their targets; 0 for none. The accuracy on the training images then counts the class of the larger weight.'),
  cutmix: z.number().min(0).max(100).default(0).describe('α of CutMix (Yun et al. 2019), for example 1: a box of one image is pasted into another, and targets are mixed by its area; 0 for none.'),
  mixup_prob: z.number().min(0).max(1).default(1).describe('Share of the batches that mixup or CutMix change.'),
  mixup_switch_prob: z.number().min(0).max(1).default(0.5).describe('Share of CutMix among them, where both are on.'),
  mixup_off_epoch: z.int().min(0).default(0).describe('From this epoch on images are not mixed any more; 0 mixes to the end.'),
  distillation: z
    .strictObject({
      teacher: z.string().min(1).optional().describe('The weights of the teacher, relative to this configuration: a checkpoint, a run folder (its best checkpoint), `RUN@last`, or a folder of weights from elsewhere. It must know the classes of the dataset; colours and size of its images may be others.'),
      kind: z.enum(['soft', 'hard']).default('soft').describe('`soft`: the divergence from the probabilities of the teacher; `hard`: the cross-entropy of the class that it says. A network with `model.distilled` learns either with its distillation token.'),
      alpha: z.number().min(0).max(1).default(0.5).describe('Share of the teacher in the loss; the rest is that of the labels.'),
      temperature: z.number().positive().max(1000).default(1).describe('τ by which the logits are divided for `soft`, whose loss is multiplied by τ².'),
    })
    .optional()
    .describe('Knowledge distillation: learn from a trained network, too, which is given the same augmented and mixed images. Without it there is no teacher.'),
  progressive: z
    .strictObject({
      from: size.optional().describe('Side of the first images in pixels, or [height, width]: a multiple of the patch, smaller than the images of `image.size`. If it is not said: half of them.'),
      until: z.number().positive().max(1).default(0.5).describe('Share of the epochs after which images have their full size.'),
      stages: z.int().min(1).max(16).default(1).describe('Sizes before the full one, each for as many epochs: with 2 the second lies half way, at the next multiple of the patch.'),
    })
    .optional()
    .describe('Progressive resizing: train on smaller images first, which have fewer patches. Images are resized behind their augmentation, learned positions are resampled as timm does, and evaluated is at full size. `progressive: {}` switches it on with its defaults; without it all epochs have `image.size`.'),
  augment: augmentSchema.prefault({}).describe('Random changes of the training images.'),
  early_stop: z
    .strictObject({
      patience: z.int().min(0).default(0).describe('Stop after this many epochs without improvement; 0 never stops.'),
      min_delta: z.number().min(0).default(0).describe('Smallest change that counts as improvement.'),
    })
    .prefault({})
    .describe('Stop early.'),
  monitor: z
    .enum(['val/top1', 'val/loss', 'val/f1'])
    .default('val/top1')
    .describe('The metric that names the best checkpoint and decides the early stop.'),
  tta: z.enum(['none', 'flip']).default('none').describe('Test-time augmentation of the test at the end, and of `vit-lab eval`: `flip` takes the mean of the probabilities of each image and its mirror image, for twice the time.'),
  keep_checkpoints: z.int().min(1).max(10_000).default(20).describe('Epoch checkpoints kept; best and last always are.'),
});

const finetune = z.strictObject({
  from: z
    .string()
    .min(1)
    .optional()
    .describe('The weights to start from, relative to this configuration: a checkpoint, a run folder (its best checkpoint) or `RUN@last`. `model` and the normalisation of `image` come from them where they are not given.'),
  unfreeze: z
    .union([z.enum(['all', 'head']), z.int().min(1).max(64)])
    .default('all')
    .describe('What is trained: everything, the head alone (a linear probe), or the last N blocks with what follows them. What is frozen costs no gradient and stays bit for bit; BatchNorm of a frozen layer normalises by its running statistics.'),
  layer_decay: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe('Factor of the learning rate from layer to layer, from the head down to the embedding, counted as in timm; 1 treats all alike.'),
  head: z
    .enum(['auto', 'keep', 'new'])
    .default('auto')
    .describe('The classifier: `auto` keeps it when the dataset has the very classes of the weights, and replaces it otherwise.'),
  zero_head: z.boolean().default(true).describe('A new head starts at zero (Dosovitskiy et al. 2021, section 3.2), else as in a training from scratch.'),
});

const imagePath = z.string().min(1);

const probe = z.strictObject({
  image: z
    .union([imagePath, z.array(imagePath).max(8)])
    .default([])
    .describe('An image, or a list of up to 8, that the network is looked into with after every epoch, so that one can watch it learn; relative to this configuration.'),
  every: z.int().min(1).max(10_000).default(1).describe('Epochs from one look to the next.'),
  budget: z
    .int()
    .min(0)
    .default(64 * 2 ** 20)
    .describe('Bytes that the looks of a run may take; when they would take more, every second one is given up, evenly over the training. The copies of the images come on top.'),
});

/** The schema of a configuration file. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('Address of the JSON schema, for editors.'),
  name: z.string().min(1).max(80).optional().describe('Name of the run; without it, one made of the model and the dataset.'),
  seed: z.int().min(0).max(2 ** 31 - 1).default(0).describe('Seed of the initial weights, the order, the augmentation and the dropout.'),
  dataset: dataset.prefault({}).describe('Where the images come from.'),
  image: image.prefault({}).describe('What the model is given.'),
  model: model.prefault({}).describe('The network.'),
  finetune: finetune.optional().describe('Start from trained weights instead of from scratch.'),
  probe: probe.prefault({}).describe('Images to watch the training on. They change nothing of it.'),
  tracking: trackingSchema.prefault({}).describe('Who else is told of the run. It changes nothing of it.'),
  sweep: sweepSchema.optional().describe('Trainings to compare, which `vit-lab sweep` runs.'),
  train: train.prefault({}).describe('How it learns.'),
  engine: z
    .strictObject({
      backend: z
        .enum(['auto', 'onnx', 'tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'])
        .default('auto')
        .describe('What computes. `auto` takes the best that loads here; `onnx` is the compiled engine on ONNX Runtime.'),
      provider: z
        .enum(['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu'])
        .default('auto')
        .describe('What ONNX Runtime computes on. `auto` takes the fastest that has passed its test on this machine, and the CPU until then; one that is named must pass, or training does not start.'),
      execution: z
        .enum(['compiled', 'eager'])
        .default('compiled')
        .describe('How tfjs-node and tfjs-node-gpu compute: whole steps as one graph, or TensorFlow.js op by op, which is slower. ONNX Runtime always compiles; wasm and cpu never do.'),
      precision: z
        .enum(['fp32', 'bf16'])
        .default('fp32')
        .describe('Of the matrix products of a training step. `bf16` keeps 8 bits of their factors and needs the compiled graphs of tfjs-node; it is faster on processors that have instructions for it.'),
      threads: z.int().min(0).max(1024).default(0).describe('Threads of ONNX Runtime; 0 leaves the number to it: one for each core. No more than that are ever used.'),
    })
    .prefault({})
    .describe('What computes.'),
});

/** A whole configuration: every default filled in. */
export type Config = z.output<typeof configSchema>;
export type DatasetConfig = Config['dataset'];
export type ImageConfig = Config['image'];
export type ModelConfig = Config['model'];
export type TrainConfig = Config['train'];
export type FinetuneConfig = NonNullable<Config['finetune']>;
export type ProbeConfig = Config['probe'];
export type EngineConfig = Config['engine'];
export type BackendName = Exclude<EngineConfig['backend'], 'auto'>;
/** What ONNX Runtime computes on: an execution provider. */
export type Provider = Exclude<EngineConfig['provider'], 'auto'>;
