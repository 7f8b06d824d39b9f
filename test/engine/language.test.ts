import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import * as path from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { languageOf } from '../../src/engine/language';
import { bundle, root } from './bundle';

let cli: string;

beforeAll(async () => {
  cli = await bundle('cli');
});

test.each([
  [{ VITLAB_LANG: 'es', LC_ALL: 'C' }, 'es'],
  [{ LC_ALL: 'es_AR.UTF-8', LANG: 'en_US.UTF-8' }, 'es'],
  [{ LC_ALL: '', LC_MESSAGES: 'es_ES@euro', LANG: 'de_DE' }, 'es'],
  [{ LANG: 'ES-419' }, 'es'],
  [{ LC_ALL: 'C.UTF-8', LANG: 'es_AR.UTF-8' }, 'en'],
  [{ LANG: 'POSIX' }, 'en'],
  [{ LANG: 'estonian' }, 'en'],
  [{ VITLAB_LANG: '../../es' }, 'en'],
])('%o asks for %s', (env, language) => {
  expect(languageOf(env)).toBe(language);
});

test('the command line speaks the language of its environment, beside whose bundles it lies', async () => {
  // Inside of the project, where Node finds the native packages.
  const home = path.join(root, '.cache/test', `language-${process.pid}`);
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  await mkdir(path.join(home, 'dist'), { recursive: true });
  await cp(cli, path.join(home, 'dist/cli.js'));
  await cp(path.join(root, 'l10n'), path.join(home, 'l10n'), { recursive: true });
  const say = (language: string, ...args: string[]): { stdout: string; stderr: string; status: number | null } =>
    spawnSync(process.execPath, [path.join(home, 'dist/cli.js'), ...args], { encoding: 'utf8', env: { ...process.env, VITLAB_LANG: '', LC_ALL: language } });

  expect(say('es_AR.UTF-8', '--help').stdout).toContain('entrena un Vision Transformer');
  expect(say('C', '--help').stdout).toContain('train a Vision Transformer');
  expect(say('fr_FR.UTF-8', '--help').stdout).toContain('train a Vision Transformer');
  const wrong = say('es_ES', 'train', '--depth', '3');
  expect([wrong.status, wrong.stderr]).toEqual([2, 'error: No existe la opción --depth.\nPrueba: vit-lab train --help\n']);
});

test.each([
  [['runs', '--depth'], 'There is no option --depth.'],
  [['runs', '-x'], 'There is no option -x.'],
  [['runs', '--runs'], '--runs needs a value; one that begins with a dash is written --runs=-3.'],
  [['runs', '--runs', '--json'], '--runs needs a value; one that begins with a dash is written --runs=-3.'],
  [['runs', '--json=1'], '--json takes no value.'],
])('a wrong option is told in our words: %o', (args, message) => {
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([2, `error: ${message}\nTry: vit-lab runs --help\n`]);
});
