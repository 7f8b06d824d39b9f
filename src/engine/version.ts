import { version } from '../../package.json';

/** The version of ViT Lab, as every file it writes records it. */
export const VERSION: string = version;
