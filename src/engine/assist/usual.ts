/** Values that keys of numbers usually have, from papers and practice; those of the schema's default are added. */
const USUAL: Readonly<Record<string, readonly (number | string)[]>> = {
  'dataset.val_split': [0.1, 0.2],
  'dataset.test_split': [0.1, 0.2],
  'dataset.subset.fraction': [0.1, 0.25, 0.5],
  'dataset.sampling.repeats': [1, 3],
  'image.size': [28, 32, 64, 96, 128, 224],
  'image.crop_pct': [0.875, 0.9, 1],
  'image.mean': ['[0.5]', '[0.485, 0.456, 0.406]'],
  'image.std': ['[0.5]', '[0.229, 0.224, 0.225]'],
  'model.layers': ['[2, 2, 2, 2]', '[3, 4, 6, 3]'],
  'model.patch_size': [2, 4, 7, 8, 14, 16, 32],
  'model.reg_tokens': [0, 1, 4],
  'model.depth': [2, 4, 6, 8, 12],
  'model.num_heads': [1, 2, 3, 4, 6, 8, 12],
  'model.embed_dim': [64, 96, 128, 192, 256, 384, 768],
  'model.mlp_ratio': [1, 2, 4],
  'model.init_values': [1e-6, 1e-5, 1e-4],
  'model.drop_rate': [0, 0.1],
  'model.drop_path_rate': [0, 0.05, 0.1, 0.2],
  'model.patch_drop_rate': [0, 0.25, 0.5],
  'train.epochs': [10, 30, 100, 300],
  'train.batch_size': [32, 64, 128, 256, 512],
  'train.lr': [1e-4, 3e-4, 5e-4, 1e-3],
  'train.min_lr': [0, 1e-6, 1e-5],
  'train.warmup_epochs': [0, 1, 5],
  'train.weight_decay': [0, 0.01, 0.05, 0.1, 0.3],
  'train.clip_grad': [0, 1],
  'train.sam_rho': [0, 0.05, 0.1, 0.2],
  'train.grad_accum_steps': [1, 2, 4, 8],
  'train.model_ema_decay': [0, 0.99, 0.999, 0.9999],
  'train.label_smoothing': [0, 0.1],
  'train.mixup': [0, 0.2, 0.8],
  'train.cutmix': [0, 1],
  'train.augment.crop_padding': [0, 4],
  'train.augment.random_erasing.prob': [0, 0.25],
  'train.early_stop.patience': [0, 5, 10],
  'train.distillation.alpha': [0.5, 0.9],
  'train.distillation.temperature': [1, 3],
  'finetune.unfreeze': [1, 2, 4],
  'finetune.layer_decay': [0.65, 0.75, 1],
  'sweep.seeds': [1, 3, 5],
  'sweep.trials': [10, 20],
};

/** More names than these are a list to search in, not to read out. */
export const MANY_NAMES = 20;

export function usualValues(key: string): readonly string[] {
  return (USUAL[key] ?? []).map(String);
}

/** A section with what belongs into it, as lines of a snippet below its key. */
export const READY: Readonly<Record<string, readonly string[]>> = {
  dataset: ['path: ${1:../data}', 'format: ${2|auto,folder,zip,idx,cifar,shapes|}'],
  image: ['size: ${1:32}', 'channels: ${2|3,1|}'],
  model: ['patch_size: ${1:4}', 'embed_dim: ${2:64}', 'depth: ${3:6}', 'num_heads: ${4:4}'],
  train: ['epochs: ${1:10}', 'batch_size: ${2:64}', 'lr: ${3:0.001}', 'warmup_epochs: ${4:1}', 'weight_decay: ${5:0.05}'],
  finetune: ['from: ${1:../runs/RUN}', 'unfreeze: ${2|all,head|}', 'layer_decay: ${3:0.75}'],
  probe: ['image: ${1:photo.png}', 'every: ${2:1}'],
  sweep: ['method: ${1|grid,random,halving|}', 'parameters:', '  ${2:model.patch_size}: [${3:2, 4, 8}]', 'seeds: ${4:3}'],
  engine: ['backend: ${1|auto,onnx,tfjs-node-gpu,tfjs-node,wasm,cpu|}'],
  'dataset.limit': ['train: ${1:1000}', 'val: ${2:200}', 'test: ${3:200}'],
  'dataset.sampling': ['order: ${1|shuffled,balanced|}'],
  'train.augment': ['crop_padding: ${1:4}', 'hflip: ${2|true,false|}', 'rand_augment: {num_ops: ${3:2}, magnitude: ${4:9}}'],
  'train.augment.random_resized_crop': ['scale: [${1:0.08}, ${2:1}]'],
  'train.augment.rand_augment': ['num_ops: ${1:2}', 'magnitude: ${2:9}'],
  'train.augment.random_erasing': ['prob: ${1:0.25}'],
  'train.augment.color_jitter': ['brightness: ${1:0.4}', 'contrast: ${2:0.4}', 'saturation: ${3:0.4}'],
  'train.distillation': ['teacher: ${1:../runs/RUN}', 'kind: ${2|soft,hard|}', 'alpha: ${3:0.5}', 'temperature: ${4:1}'],
  'train.early_stop': ['patience: ${1:5}'],
  'train.progressive': ['from: ${1:16}', 'until: ${2:0.5}'],
  'train.plateau': ['patience: ${1:10}'],
};

/** Keys whose values are places on the disk, and what is offered there. */
export const PLACES: Readonly<Record<string, RegExp>> = {
  'dataset.path': /\.zip$|ubyte(\.gz)?$|\.bin$/i,
  'finetune.from': /\.(safetensors|npz)$/i,
  'train.distillation.teacher': /\.(safetensors|npz)$/i,
  'probe.image': /\.(jpe?g|png|webp|gif|avif|bmp)$/i,
};
