/** Endings of the formats that the engine decodes; the manifest's `when` clauses list the same (tested). */
export const IMAGE_ENDINGS = ['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'avif', 'bmp'] as const;

export function isImageName(name: string): boolean {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return IMAGE_ENDINGS.some((known) => known === ending);
}
