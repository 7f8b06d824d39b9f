import * as l10n from '@vscode/l10n';
import { UserError } from '../userError';
import { conversion } from '../weights/foreign';
import type { HubFile, Repository } from './repository';

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const BESIDE = ['config.json', 'preprocessor_config.json'];
/** What Python, TensorFlow and JAX save; the first of them are pickles, which run code when they are opened. */
const FOREIGN = /\.(bin|pt|pth|pkl|ckpt|h5|msgpack)$/i;
const SAFETENSORS = /\.safetensors$/i;

/** The files of a model, and the index of its shards when it has some: they are known when that has been read. */
export interface Needed {
  readonly files: readonly HubFile[];
  readonly index?: HubFile;
}

/**
 * Chooses the files that make a model: weights as safetensors, the configuration and how images are prepared.
 *
 * @param weights one weights file, where the user has named it
 * @throws UserError for a repository without safetensors.
 */
export function neededFiles({ repo, files }: Repository, weights?: string): Needed {
  const named = (path: string): HubFile | undefined => files.find((file) => file.path === path);
  const beside = BESIDE.flatMap((path) => named(path) ?? []);
  if (weights !== undefined) return { files: [...beside, chosen(repo, weights, named(weights))] };
  const whole = named(WEIGHTS);
  if (whole) return { files: [...beside, whole] };
  const index = named(INDEX);
  if (index) return { files: beside, index };
  const others = files.filter(({ path }) => SAFETENSORS.test(path) && !path.includes('/'));
  if (others.length === 1) return { files: [...beside, ...others] };
  if (others.length > 1) throw new UserError(l10n.t('{0} holds several models: {1}. Give the address of one file, as its page on the hub has it.', repo, others.map(({ path }) => path).join(', ')));
  throw new UserError(none(repo, files));
}

function chosen(repo: string, weights: string, file: HubFile | undefined): HubFile {
  if (FOREIGN.test(weights)) throw new UserError(l10n.t('{0} is no safetensors file. {1}', weights, conversion(weights.split('/').at(-1))));
  if (file && SAFETENSORS.test(weights)) return file;
  throw new UserError(l10n.t('{0} has no safetensors file {1}.', repo, weights));
}

function none(repo: string, files: readonly HubFile[]): string {
  const foreign = files.filter(({ path }) => FOREIGN.test(path)).map(({ path }) => path);
  if (foreign.length === 0) return l10n.t('{0} holds no weights.', repo);
  return l10n.t('{0} has no weights as safetensors, only {1}; ViT Lab never opens pickles, which can run code. {2}', repo, foreign.join(', '), conversion(foreign[0]!.split('/').at(-1)));
}

/**
 * The shards that an index names, each once.
 *
 * @param text contents of `model.safetensors.index.json`
 * @throws UserError when it is no index or names what the repository does not have.
 */
export function shardsOf(text: string, { repo, files }: Repository): HubFile[] {
  const names = [...new Set(Object.values(weightMap(text, repo)))];
  return names.map((name) => {
    const file = files.find(({ path }) => path === name);
    // A name with a folder in it would be a file elsewhere.
    if (file && typeof name === 'string' && SAFETENSORS.test(name) && !/[\\/]/.test(name)) return file;
    throw new UserError(l10n.t('{0} of {1} names the file {2}, which the repository does not have.', INDEX, repo, JSON.stringify(name)));
  });
}

function weightMap(text: string, repo: string): object {
  try {
    const index: unknown = JSON.parse(text);
    if (typeof index === 'object' && index !== null && 'weight_map' in index && typeof index.weight_map === 'object' && index.weight_map !== null) return index.weight_map;
  } catch {
    // Told below, as for JSON of another kind.
  }
  throw new UserError(l10n.t('{0} of {1} is no index of weights.', INDEX, repo));
}
