import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { resample, type Filter, type Raster } from '../../src/engine/resample';

/** A picture with every frequency in it; the golden vectors were made from the same formula with numpy. */
function pattern(width: number, height: number): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++, i++) data[i] = (x * 37 + y * 101 + c * 53 + x * y * 7 + ((x * x * y) % 13) * 11) % 256;
  return { width, height, channels: 3, data };
}

// `Image.fromarray(pattern).resize((width, height), filter)` of Pillow 13.0.0, bytes in hex. 12 × 3 is a size at which
// Pillow resizes down before across. The large ones are given by their sha256.
const GOLDEN: readonly (readonly [Filter, number, number, string])[] = [
  ['nearest', 5, 4, '9cd1064c81b6db104512477c75aadf01366bc5fa2f255a8f6196cb80b5eaef24596196cb90c5fa5c91c63c71a65489beda0f44699ed31c5186477cb1'],
  ['nearest', 17, 14, 'sha256:950aba9981f6344bc906f431e30ba5fe5b35dbf5f84c6a5bdadd0328255e6f04'],
  ['nearest', 12, 3, '659acf9cd106e91e534c81b6366ba0c5fa2f073c71497eb312477c80b5ea75aadf80b5eaf92e6378ade2d60b4013487d2f6499b9ee236a9fd491c6fb97cc010b40755e93c890c5fa8dc2f75489bec3f82dda0f44285d92ade217cd0237d90e431c518696cb00477cb1a0d50a'],
  ['bilinear', 5, 4, '69857c848c8c896e6e6765907b9e9f6c7d9d797d777889869484926c7daa8f7b996c7b9886848e7389856689a8996d7f86896c877a7c8a65647c9663'],
  ['bilinear', 17, 14, 'sha256:e6f995b5630eca7df54c6a74c4e906d99a215c2d3b6380b5e81cc2ecde360fa7'],
  ['bilinear', 12, 3, '64998b59817a8376968789838592859a955c785c7c6e5c917460779386b0729ba66e9091978997786ea37670966d78836c7c7d749a7a807b9b92819e8192786d92976093c26f6ca18e87949c557d908c7d878385638b73818a809d7385907474814f767991486ca18e837d6b'],
  ['bicubic', 5, 4, '64857b898f90886e68645b9180a49d6b7da1797a6f768d889d87936779ae937f9b65789f8a868b6e8c846389ad9d677c868d69867a7d8d5f647e9a5c'],
  ['bicubic', 17, 14, 'sha256:53eb59a0f440db2115ec26d77390625a3bb00a2185fe4ed3ce8752c7cbfeca4b'],
  ['bicubic', 12, 3, '61978952837985729689898085978ca29d4f74537c6a5a98745d6d9986b5709da26e928e998f9b776da773739b6c76816b737d6ea379827aa29b7fa18099756b979e5d92ce6d62a0918792a24e7b938e7b88848a5c8f6e848a82a26f878d7b718143797894386da690847d6b'],
];

test.each(GOLDEN)('%s to %i × %i equals Pillow byte for byte', (filter, width, height, golden) => {
  const { data } = resample(pattern(13, 11), width, height, filter);
  const hashed = `sha256:${createHash('sha256').update(data).digest('hex')}`;
  expect(golden.startsWith('sha256:') ? hashed : Buffer.from(data).toString('hex')).toBe(golden);
});

test.each(['nearest', 'bilinear', 'bicubic'] as const)('a window of the output has the bytes of the whole (%s)', (filter) => {
  for (const [width, height] of [[29, 9], [7, 23], [12, 3]] as const) {
    const whole = resample(pattern(13, 11), width, height, filter);
    const part = { x: 2, y: 1, width: width - 3, height: height - 1 };
    const window = resample(pattern(13, 11), width, height, filter, part);
    for (let y = 0; y < part.height; y++) {
      const row = ((y + part.y) * width + part.x) * 3;
      expect(window.data.subarray(y * part.width * 3, (y + 1) * part.width * 3)).toEqual(
        whole.data.subarray(row, row + part.width * 3),
      );
    }
  }
});

test('a plain picture stays plain at every size', () => {
  const plain = { width: 9, height: 7, channels: 1, data: new Uint8Array(63).fill(201) };
  for (const filter of ['nearest', 'bilinear', 'bicubic'] as const)
    for (const [width, height] of [[1, 1], [3, 20], [40, 2]] as const)
      expect(new Set(resample(plain, width, height, filter).data)).toEqual(new Set([201]));
});
