/** The formats that the engine decodes; the `when` clauses of the manifest list the same. */
const IMAGE_NAME = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i;

export function isImageName(name: string): boolean {
  return IMAGE_NAME.test(name);
}
