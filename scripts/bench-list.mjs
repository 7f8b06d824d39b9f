// `npm run bench:list -- [COUNT]`: how long a list of many runs takes (10,000 where it is not said).
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './bundles.mjs';

const outfile = path.join(root, '.cache/bench/listRuns.js');
await build({ entryPoints: [path.join(root, 'bench/listRuns.ts')], outfile, bundle: true, platform: 'node', logLevel: 'error' });
process.exitCode = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit', cwd: root }).status ?? 1;
