import { existsSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { codeOf, reasonOf } from '../atomic';
import { isObject, type Json } from '../json';
import { UserError } from '../userError';
import { openZip } from '../zipFile';
import { conversion } from './foreign';
import { readNpz } from './npy';
import { readSafetensors, type StoredTensor } from './safetensors';

/** Tensors by the names of whoever wrote them, and what lies beside them. */
export interface ModelFile {
  /** Absolute: the file, or the index of its parts. */
  readonly file: string;
  /** Whoever gives them other names takes them out, so that no tensor is in memory twice for longer than its own change takes. */
  readonly tensors: Map<string, StoredTensor>;
  /** Of safetensors files. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly beside: Beside;
}

/** JSON files of a model's folder, as they are. */
export interface Beside {
  /** `config.json` of Hugging Face or of timm. */
  readonly config?: Json;
  /** `preprocessor_config.json` of Hugging Face. */
  readonly preprocessor?: Json;
}

const INDEX = '.safetensors.index.json';
/** How the parts of an index are called. */
const PART = /-\d{5}-of-\d{5}\.safetensors$/;
const BESIDE = ['config.json', 'preprocessor_config.json'] as const;

/**
 * Opens weights that anybody may have written: a safetensors file, the index of its parts, an `.npz`, or the folder of a
 * model. What a file is, its first bytes say, not its name.
 *
 * @throws UserError naming the file, what it is and what to do; pickles are never opened
 */
export async function openModelFile(place: string): Promise<ModelFile> {
  const given = path.resolve(place);
  const stats = await stat(given).catch((error: unknown): never => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', given, codeOf(error) === 'ENOENT' ? l10n.t('there is no such file') : reasonOf(error)), { file: given });
  });
  const file = stats.isDirectory() ? await weightsIn(given) : given;
  const beside = await besideOf(path.dirname(file));
  if (file.endsWith(INDEX)) return { file, ...(await readParts(file)), beside };
  const handle = await open(file, 'r');
  try {
    const start = Buffer.alloc(4);
    await handle.read(start, 0, 4, 0);
    if (start.toString('latin1') === 'PK\x03\x04') return { file, tensors: await readArchive(file), metadata: {}, beside };
    return { file, ...(await readSafetensors(handle, file)), beside };
  } finally {
    await handle.close();
  }
}

/**
 * Changes when the weights at a place do, or what is read beside them: a file with the JSON of its folder, or all files of
 * a model's folder.
 */
export async function versionOf(place: string): Promise<string> {
  const given = path.resolve(place);
  const whole = given.endsWith(INDEX) || (await stat(given).then((stats) => stats.isDirectory(), () => false));
  const folder = whole && !given.endsWith(INDEX) ? given : path.dirname(given);
  const files = whole ? (await readdir(folder)).sort().map((name) => path.join(folder, name)) : [given, ...BESIDE.map((name) => path.join(folder, name))];
  const stamps = files.map((file) => stat(file).then(({ mtimeMs, size }) => `${file} ${mtimeMs} ${size}`, () => ''));
  return [given, ...(await Promise.all(stamps))].join('\n');
}

async function weightsIn(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort();
  const indexes = names.filter((name) => name.endsWith(INDEX));
  // The parts of an index are no models of their own.
  const models = indexes.length > 0 ? indexes : names.filter((name) => /\.(safetensors|npz)$/.test(name));
  const usual = models.find((name) => name === `model${INDEX}` || name === 'model.safetensors');
  if (usual ?? models.length === 1) return path.join(folder, usual ?? models[0]!);
  const parts = models.filter((name) => PART.test(name));
  if (parts.length > 1 && parts.length === models.length) throw new UserError(l10n.t('{0} holds parts of a model ({1} …) without the index that joins them: download {2}, too.', folder, parts[0]!, `model${INDEX}`), { file: folder });
  if (models.length > 1) throw new UserError(l10n.t('{0} holds several models: {1}. Name one of them.', folder, models.join(', ')), { file: folder });
  const pickles = names.filter((name) => /\.(bin|pt|pth|pkl|ckpt)$/.test(name));
  throw new UserError(
    pickles.length > 0
      ? l10n.t('{0} holds only Python pickles ({1}), which can run code when they are opened; ViT Lab never opens one. {2}', folder, pickles.join(', '), conversion(pickles[0]))
      : l10n.t('{0} holds no weights: no .safetensors and no .npz file.', folder),
    { file: folder },
  );
}

async function besideOf(folder: string): Promise<Beside> {
  const [config, preprocessor] = await Promise.all(BESIDE.map((name) => readObject(path.join(folder, name), true)));
  return { ...(config && { config }), ...(preprocessor && { preprocessor }) };
}

async function readObject(file: string, optional = false): Promise<Json | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (optional && codeOf(error) === 'ENOENT') return undefined;
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reasonOf(error)), { file });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(l10n.t('{0} is no JSON: {1}', file, reasonOf(error)), { file });
  }
  if (!isObject(value)) throw new UserError(l10n.t('{0} holds no JSON object.', file), { file });
  return value;
}

/** A zip is NumPy's when all in it are arrays; PyTorch's holds a pickle. */
async function readArchive(file: string): Promise<ModelFile['tensors']> {
  const { entries } = await openZip(file);
  if (entries.some(({ name }) => /(^|\/)data\.pkl$/.test(name)))
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, l10n.t('This is a file of PyTorch with a Python pickle in it, which can run code when it is opened; ViT Lab never opens one. {0}', conversion(path.basename(file)))), { file });
  return readNpz(file);
}

/** Hugging Face's `model.safetensors.index.json` and the files that it names. */
async function readParts(index: string): Promise<Pick<ModelFile, 'tensors' | 'metadata'>> {
  const map = (await readObject(index))?.['weight_map'];
  const refuse = (reason: string): never => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', index, reason), { file: index });
  };
  if (!isObject(map)) return refuse(l10n.t('it has no weight_map'));
  const places = new Map(Object.entries(map));
  const files = [...new Set(places.values())].map((name) => (typeof name === 'string' && path.basename(name) === name && !name.startsWith('.') ? name : refuse(l10n.t('{0} in its weight_map is no file of this folder', JSON.stringify(name)))));
  for (const name of files) if (!existsSync(path.join(path.dirname(index), name))) refuse(l10n.t('there is no {0} beside it, which it names; download it too', name));
  const tensors = new Map<string, StoredTensor>();
  for (const name of files) {
    const part = await readPart(path.join(path.dirname(index), name));
    for (const [key, tensor] of part) {
      if (places.get(key) !== name) refuse(l10n.t('{0} holds the tensor {1}, which the index does not place there', name, JSON.stringify(key)));
      tensors.set(key, tensor);
    }
  }
  for (const [key, name] of places) if (!tensors.has(key)) refuse(l10n.t('the tensor {0} is not in {1}', JSON.stringify(key), String(name)));
  return { tensors, metadata: {} };
}

async function readPart(file: string): Promise<ModelFile['tensors']> {
  const handle = await open(file, 'r').catch((error: unknown): never => {
    throw new UserError(l10n.t('Cannot read {0}: {1}', file, reasonOf(error)), { file });
  });
  try {
    return (await readSafetensors(handle, file)).tensors;
  } finally {
    await handle.close();
  }
}
