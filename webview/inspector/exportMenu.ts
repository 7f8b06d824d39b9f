import * as l10n from '@vscode/l10n';
import { createMenu } from '../menu';

/** What can be taken out of the panel; each may fail, and tells then. */
export interface Exports {
  png(): void;
  svg(): void;
  copy(): void;
  csv(): void;
  npy(): void;
  /** All attention of the image. */
  stack(): void;
  page(): void;
}

export function createExportMenu(exports: Exports): { readonly element: HTMLElement; enable(on: boolean): void; setPages(on: boolean): void } {
  const { element, enable, setGroup } = createMenu(l10n.t('Export'), [
    [[l10n.t('Picture as PNG…'), exports.png], [l10n.t('Picture as SVG…'), exports.svg], [l10n.t('Copy Picture'), exports.copy]],
    [[l10n.t('Numbers of This Picture as CSV…'), exports.csv], [l10n.t('Numbers of This Picture as .npy…'), exports.npy], [l10n.t('All Attention as .npy…'), exports.stack]],
    // A page that was saved cannot be saved again: its browser does that.
    [[l10n.t('Panel as a Web Page…'), exports.page]],
  ]);
  return { element, enable, setPages: (on) => setGroup(2, on) };
}
