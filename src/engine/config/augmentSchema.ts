import { z } from 'zod';

/** How far a colour may be jittered, as in torchvision. */
const jitter = z.number().min(0).max(1).default(0);

/** Random changes of the training images. */
export const augmentSchema = z.strictObject({
  random_resized_crop: z
    .strictObject({
      scale: z.tuple([z.number().positive().max(1), z.number().positive().max(1)]).default([0.08, 1]).describe('Smallest and largest share of the area. Applied first, in place of `crop_padding`; `random_resized_crop: {}` switches it on with its defaults.'),
      ratio: z.tuple([z.number().positive().max(100), z.number().positive().max(100)]).default([3 / 4, 4 / 3]).describe('Smallest and largest width over height of the part.'),
    })
    .optional()
    .describe('A random part of the image, as `image` brought it to its size, resized to the whole (bicubic), as torchvision’s RandomResizedCrop. Without it there is none.'),
  crop_padding: z.int().min(0).max(512).default(0).describe('Pad by this many pixels, then crop at random.'),
  hflip: z.boolean().default(false).describe('Mirror half of the images left to right. Applied after the crop.'),
  rand_augment: z
    .strictObject({
      num_ops: z.int().min(1).max(14).default(2).describe('Operations for each image, drawn anew from 14. Applied after crop and flip; `rand_augment: {}` switches it on with its defaults.'),
      magnitude: z.int().min(0).max(30).default(9).describe('How strong all of them are, one of torchvision’s 31 bins.'),
    })
    .optional()
    .describe('RandAugment as torchvision has it: nearest pixels, black outside. Without it there is none.'),
  trivial_augment: z.boolean().default(false).describe('TrivialAugmentWide as torchvision has it: one random operation of random strength. In place of `rand_augment`.'),
  auto_augment: z
    .enum(['cifar10', 'imagenet', 'svhn'])
    .optional()
    .describe('AutoAugment as torchvision has it: one of the 25 pairs of operations that were learned for this dataset. In place of `rand_augment`.'),
  three_augment: z.boolean().default(false).describe('ThreeAugment of DeiT III, timm’s `3a`: each image solarized, made grey or blurred. In place of `rand_augment`; goes with `color_jitter`.'),
  color_jitter: z
    .strictObject({
      brightness: jitter.describe('Brightness is multiplied by 1 − this to 1 + this. Colours are jittered after the policy, in random order.'),
      contrast: jitter.describe('The same of the contrast.'),
      saturation: jitter.describe('The same of the saturation; nothing for grey images.'),
      hue: z.number().min(0).max(0.5).default(0).describe('The hue is turned by up to this share of the circle, either way; nothing for grey images.'),
    })
    .prefault({})
    .describe('Random changes of colour, as torchvision’s ColorJitter. Zeros change nothing.'),
  random_erasing: z
    .strictObject({
      prob: z.number().min(0).max(1).default(0).describe('Share of the images in which something is erased. Applied last, to normalised images, as timm’s RandomErasing.'),
      mode: z.enum(['pixel', 'rand', 'const']).default('pixel').describe('What erased pixels become: normal noise, one random colour, or 0, which is the colour `image.mean`.'),
      count: z.int().min(1).max(16).default(1).describe('At most this many rectangles in an image; together they cover 2 % to a third of it.'),
    })
    .prefault({})
    .describe('Erase rectangles.'),
});
