import type { Place } from './vscode-browser.mjs';

export interface Installed extends Place {
  /** The folder of the installed package. */
  extension: string;
}
export function findPackage(): Promise<string>;
export function prepareInstalled(name: string, settings?: Readonly<Record<string, unknown>>): Promise<Installed>;
