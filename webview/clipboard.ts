import * as l10n from '@vscode/l10n';

/** The clipboard, which a browser may refuse for reasons of its own: what happened and what to do is said in our words. */

export async function copyText(text: string): Promise<void> {
  await trying(() => navigator.clipboard.writeText(text), () => l10n.t('This could not be copied: the clipboard was refused. Click into this panel and copy again, or save it as a file.'));
}

/** @param picture a PNG; a promise, since a browser asks for it while the click still counts */
export async function copyPicture(picture: Promise<Blob>): Promise<void> {
  // A picture that cannot be made has a reason of its own, which says more than that of the clipboard.
  const made = picture.then(() => null, (error: unknown) => error);
  await trying(() => navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]), () => l10n.t('The picture could not be copied: the clipboard was refused. Click into this panel and copy again, or save it as PNG in the same menu.'), made);
}

async function trying(work: () => Promise<void>, refused: () => string, own: Promise<unknown> = Promise.resolve(null)): Promise<void> {
  try {
    await work();
  } catch (error) {
    const reason = await own;
    throw reason instanceof Error ? reason : new Error(refused(), { cause: error });
  }
}
