/** Endings of the formats that the engine decodes; the manifest's `when` clauses list the same (tested). */
export const IMAGE_ENDINGS = ['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'avif', 'bmp'] as const;

/**
 * The image that the label of a comparison names: `a.png (Working Tree)` of Git, `a.png ↔ b.png` of two files, where it is the
 * right one; undefined of other labels.
 */
export function imageInLabel(label: string): string | undefined {
  const right = label.split(' ↔ ').at(-1) ?? label;
  const name = right.replace(/ \([^()]*\)$/, '').trim();
  return isImageName(name) ? name : undefined;
}

export function isImageName(name: string): boolean {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return IMAGE_ENDINGS.some((known) => known === ending);
}
