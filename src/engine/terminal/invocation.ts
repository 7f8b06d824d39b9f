import * as path from 'node:path';

/** How the user started this program, to print commands that work from where they stand. */
export function invocation(script = process.argv[1] ?? '', env: NodeJS.ProcessEnv = process.env): string {
  if (env['npm_command'] === 'exec' || script.includes(path.join('node_modules', '.bin'))) return 'npx vit-lab';
  const installed = path.basename(script) !== 'cli.js' || script.includes(`${path.sep}node_modules${path.sep}`);
  return installed ? 'vit-lab' : `node ${quoted(path.relative('', script))}`;
}

/** A path as one word of a shell's command line. */
export function quoted(file: string): string {
  return /^[\w./:@\\-]+$/.test(file) ? file : `"${file}"`;
}
