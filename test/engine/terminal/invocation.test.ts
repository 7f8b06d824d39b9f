import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { invocation, invocationIn } from '../../../src/engine/terminal/invocation';
import { temporaryFolder } from '../../fixtures/data';

const npx = { npm_command: 'exec', npm_lifecycle_script: '"vit-lab" "new" "elsewhere"' };

test('in another folder this program is called by its file, not by a name that npx would look for in a registry', async () => {
  const folder = await realpath(await temporaryFolder());
  const [script, bin] = [path.join(folder, 'clone/dist/cli.js'), path.join(folder, 'clone/node_modules/.bin/vit-lab')];
  for (const file of [script, bin]) await mkdir(path.dirname(file), { recursive: true });
  await writeFile(script, '');
  await symlink(script, bin);
  expect(invocation(bin, npx)).toBe('npx vit-lab');
  expect(invocationIn(path.join(folder, 'projects/mine'), bin, npx)).toBe('node ../../clone/dist/cli.js');
  expect(invocationIn(path.join(folder, 'projects/mine'), script, {})).toBe('node ../../clone/dist/cli.js');
  expect(invocationIn(folder, '/usr/lib/node_modules/vit-lab/dist/cli.js', {})).toBe('vit-lab');
});
