import { realpathSync } from 'node:fs';
import * as path from 'node:path';

/** How the user started this program, to print commands that work from where they stand. */
export function invocation(script = process.argv[1] ?? '', env: NodeJS.ProcessEnv = process.env): string {
  // npx sets these; everything that it starts inherits them, so the command itself decides.
  const throughNpx = env['npm_command'] === 'exec' && /^"?vit-lab\b/.test(env['npm_lifecycle_script'] ?? '');
  if (throughNpx || script.includes(path.join('node_modules', '.bin'))) return 'npx vit-lab';
  const installed = path.extname(script) !== '.js' || script.includes(`${path.sep}node_modules${path.sep}`);
  return installed ? 'vit-lab' : `node ${quoted(path.relative('', script))}`;
}

/**
 * The same for someone who stands in another folder, where npx would not find this program, and ask a registry for one of its name.
 *
 * @param script where this program lies
 */
export function invocationIn(folder: string, script = process.argv[1] ?? '', env: NodeJS.ProcessEnv = process.env): string {
  return invocation(script, env) === 'vit-lab' ? 'vit-lab' : `node ${quoted(path.relative(folder, realpathSync(script)))}`;
}

/** A path as one word of a shell's command line. */
export function quoted(file: string): string {
  return /^[\w./:@\\-]+$/.test(file) ? file : `"${file}"`;
}
