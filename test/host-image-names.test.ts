import { expect, test } from 'vitest';
import { imageInLabel } from '../src/host/imageNames';

test.each([
  ['jaguar.png (Working Tree)', 'jaguar.png'],
  ['cat (1).jpg (Index)', 'cat (1).jpg'],
  ['a.png ↔ b.webp', 'b.webp'],
  ['photo.JPEG', 'photo.JPEG'],
])('the label %s names the image %s', (label, name) => expect(imageInLabel(label)).toBe(name));

test.each(['notes.md (Working Tree)', 'ViT Inspector', 'a.png ↔ notes.md', ''])('the label %s names no image', (label) => expect(imageInLabel(label)).toBeUndefined());
