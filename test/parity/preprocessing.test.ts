import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/engine/config/schema';
import { openPicture } from '../../src/engine/image';
import { fitToPatch } from '../../src/engine/model/spec';
import { writeNpy } from '../../src/engine/weights/npy';
import { temporaryFolder } from '../engine/tiny';
import { measured, photos, reference, withPhotos } from './reference';

interface Answer {
  readonly pillow: string;
  readonly files: readonly { readonly max: number; readonly mean: number; readonly profile: boolean }[];
}

const cases = [
  { fit: 'squash', interpolation: 'bicubic', size: 224, channels: 3 },
  { fit: 'squash', interpolation: 'bilinear', size: [48, 64], channels: 3 },
  { fit: 'crop', interpolation: 'bicubic', size: 224, channels: 3 },
  { fit: 'crop', interpolation: 'bilinear', size: 32, channels: 3 },
  { fit: 'squash', interpolation: 'bicubic', size: 28, channels: 1 },
] as const;

// One level of 255: two JPEG decoders may round a sample differently. Pillow before 13 always resizes across first and
// differs from 13, which we follow, by more than that in photos whose height shrinks most.
const TOLERANCE = 1;

withPhotos('preprocessing', () => {
  test.each(cases)('$fit, $interpolation, $channels channels: photos become the pixels of torchvision and Pillow', async (image) => {
    const config = configSchema.parse({ image, model: { patch_size: 4 } });
    const folder = await temporaryFolder();
    const names = readdirSync(photos).filter((name) => name.endsWith('.jpg')).sort();
    expect(names.length).toBeGreaterThan(9);
    const request = names.map((name) => ({ file: path.join(photos, name), ours: path.join(folder, `${name}.npy`), image: config.image }));
    for (const { file, ours } of request) {
      const { input } = await openPicture(file, config.image, fitToPatch(config.image, config.model));
      await writeFile(ours, writeNpy({ shape: [1, input.height, input.width, input.channels], data: Float32Array.from(input.data) }));
    }
    const { pillow, files } = await reference<Answer>('preprocessing', request);
    expect(Number.parseInt(pillow, 10), `Pillow ${pillow}: ViT Lab resizes as Pillow 13 does`).toBeGreaterThanOrEqual(13);
    expect(files.some(({ profile }, i) => profile && names[i]!.includes('sea_snake'))).toBe(true);
    measured(`Pillow ${pillow}, ${image.fit}, ${image.interpolation}, 255ths`, Math.max(...files.map(({ max }) => max)), TOLERANCE);
    expect(names.filter((_, i) => !(files[i]!.max <= TOLERANCE))).toEqual([]);
  });
});
