import * as l10n from '@vscode/l10n';

/** The formats that are decoded; which one a file has is read from its content, never from its name. */
export type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'bmp';

const EXTENSIONS = new Set(['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'avif', 'bmp']);

/** Image formats that are not decoded: such files are listed as broken with the reason, rather than overlooked. */
const FOREIGN = new Set(['tif', 'tiff', 'svg', 'heic', 'heif', 'jp2', 'jxl', 'psd', 'ico', 'ppm', 'pgm', 'pnm', 'tga', 'dng']);

/** Whether a file name ends like one of the formats that ViT Lab opens. */
export function isImageName(name: string): boolean {
  return EXTENSIONS.has(extensionOf(name));
}

/** As `isImageName`, with the formats that a person would call an image but that ViT Lab does not open. */
export function looksLikeImage(name: string): boolean {
  const extension = extensionOf(name);
  return EXTENSIONS.has(extension) || FOREIGN.has(extension);
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** The format of the content, or for people why there is none that can be opened. */
export function sniff(bytes: Uint8Array): { readonly format: Format } | { readonly refused: string } {
  if (bytes.length === 0) return { refused: l10n.t('the file is empty') };
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) return { format: 'jpeg' };
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return { format: 'png' };
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return { format: 'gif' };
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return { format: 'webp' };
  if (/^....ftypavi[fs]/s.test(head)) return { format: 'avif' };
  if (head.startsWith('BM') && bytes.length >= 26) return { format: 'bmp' };
  return { refused: refusal(head) };
}

function refusal(head: string): string {
  const open = l10n.t('JPEG, PNG, WebP, GIF, AVIF and BMP can be opened');
  if (/^II\*\0|^MM\0\*/.test(head)) return l10n.t('it is a TIFF image; {0}', open);
  if (/^....ftyp(hei|hev|mif)/s.test(head)) return l10n.t('it is a HEIC image; {0}', open);
  if (/<svg[\s>]/i.test(head)) return l10n.t('it is an SVG drawing; {0}', open);
  if (head.startsWith('%PDF')) return l10n.t('it is a PDF document; {0}', open);
  if (/^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(head) && /^[\t\n\r\x20-\x7e]{4}/.test(head))
    return l10n.t('it holds text, no image');
  return l10n.t('its content is no image; {0}', open);
}
