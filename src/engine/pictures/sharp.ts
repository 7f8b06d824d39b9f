import type { Sharp, SharpOptions } from 'sharp';

type OpenSharp = (input: Uint8Array, options: SharpOptions) => Sharp;
let opened: Promise<OpenSharp> | undefined;

/**
 * Loads sharp on first use: it is a native module, and an engine process that is only asked for runs does without.
 * libvips picks a loader by content, too; all but ours are blocked, so that no other code sees foreign bytes.
 */
export function openSharp(): Promise<OpenSharp> {
  opened ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false);
    sharp.concurrency(1);
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({
      operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((loader) => `VipsForeignLoad${loader}`),
    });
    return (input, options) => sharp(input, options);
  });
  return opened;
}
