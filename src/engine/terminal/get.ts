import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { DownloadProgress, GotModel, ListedModel } from '../../protocol';
import { short } from '../units';
import { text, UsageError, type Command, type Terminal } from './command';
import { table, type Output } from './output';
import { usageLine } from './usage';

const MODELS = 'models';

export const getCommand: Command = {
  get summary() {
    return l10n.t('download a published model');
  },
  usage: '[NAME|URL] [--to DIR] [--revision REV] [--list] [--json]',
  options: { to: { type: 'string' }, revision: { type: 'string' }, list: { type: 'boolean' } },
  get help() {
    return {
      to: l10n.t('the folder that gets the model (default: models/NAME)'),
      revision: l10n.t('a branch, tag or commit (default: main)'),
      list: l10n.t('show known good models, and those that are downloaded'),
    };
  },
  takes: [0, 1],
  async run(terminal) {
    const [source] = terminal.args;
    const list = terminal.values['list'] === true;
    if (list && source !== undefined) throw new UsageError(l10n.t('--list takes no name'));
    if (source === undefined && (text(terminal, 'to') ?? text(terminal, 'revision')) !== undefined) throw new UsageError(`${l10n.t('{0} is missing.', 'NAME|URL')}\n${usageLine('get', getCommand)}`);
    if (source === undefined) await showList(terminal);
    else await get(terminal, source);
    return 0;
  },
};

async function get({ output, engine, values, call }: Terminal, source: string): Promise<void> {
  const [to, revision] = [values['to'], values['revision']];
  const question = { source, models: path.resolve(MODELS), ...(typeof to === 'string' ? { to: path.resolve(to) } : {}), ...(typeof revision === 'string' ? { revision } : {}) };
  const got = await engine.api.getModel(question, call((value) => showProgress(value as DownloadProgress, output)));
  output.settle();
  if (output.json) return output.document(got);
  for (const line of linesOf(got)) output.print(line);
  output.note(l10n.t('What is in it, tensor by tensor: vit-lab import {0}', shown(got.folder)));
}

function showProgress({ done, of, file, perSecond, message }: DownloadProgress, output: Output): void {
  if (message !== undefined) return output.note(message);
  const speed = perSecond > 0 ? ` ${l10n.t('{0} MB/s', megabytes(perSecond))}` : '';
  output.progress(`${l10n.t('{0} of {1} MB', megabytes(done), megabytes(of))}${speed} ${file}`, of > 0 ? done / of : 0);
}

function linesOf({ source, folder, bytes, commit, licence, files, reused }: GotModel): string[] {
  const terms = [...(commit === null ? [] : [l10n.t('commit {0}', commit.slice(0, 12))]), ...(licence === null ? [] : [l10n.t('licence {0}', licence)])];
  const head = reused ? l10n.t('{0} is there already: {1}', source, shown(folder)) : l10n.t('{0}: {1} MB in {2}', source, megabytes(bytes), shown(folder));
  const width = Math.max(...files.map(({ name }) => name.length));
  return [`${head}${terms.length > 0 ? ` (${terms.join(', ')})` : ''}`, ...files.map(({ name, sha256 }) => `  ${name.padEnd(width)}  sha256 ${sha256}`)];
}

async function showList({ output, engine, call }: Terminal): Promise<void> {
  const models = await engine.api.listModels({ models: path.resolve(MODELS) }, call());
  if (output.json) return output.document(models);
  const head = [l10n.t('name'), l10n.t('parameters'), l10n.t('licence'), l10n.t('what it is')];
  output.print(table([head, ...models.map(rowOf)], output));
  output.print();
  output.print(l10n.t('* is downloaded. Any other OWNER/NAME of the Hugging Face Hub, or the https address of a .safetensors file, is fetched, too.'));
}

function rowOf({ source, params, licence, what, folder }: ListedModel): string[] {
  return [`${source}${folder === null ? '' : ' *'}`, params === null ? '' : short(params), licence ?? '', what];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

function shown(folder: string): string {
  const relative = path.relative('', folder);
  return relative.startsWith('..') ? folder : relative;
}
