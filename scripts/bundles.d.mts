import type { BuildOptions } from 'esbuild';

export const root: string;
export function bundles(options: { minify: boolean }): (BuildOptions & { entryPoints: [string]; outfile: string })[];
