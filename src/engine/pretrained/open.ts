import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ImportOptions, Origin } from '../../protocol';
import { reasonOf } from '../atomic';
import { loadConfig } from '../config/load';
import { withNearest } from '../config/nearest';
import { withPreset } from '../config/preset';
import { checkRules } from '../config/rules';
import { configSchema, type Config, type ImageConfig } from '../config/schema';
import { complaints } from '../config/words';
import { isPresetName, presetNames } from '../model/presets';
import { vitSpec, type ViTSpec } from '../model/spec';
import { preprocessingOf, type Preprocessing } from '../preprocessing/preprocessing';
import { isObject } from '../json';
import type { TensorMap } from '../tensors';
import { UserError } from '../userError';
import { openModelFile, type ModelFile } from '../weights/modelFile';
import { recognise, type Recognised } from '../weights/schemes/recognise';
import { hfClasses } from '../weights/schemes/huggingface';
import { inferArchitecture, type Architecture } from './architecture';
import { fitTo } from './fit';
import { refuseNonFinite, refuseUnfit } from './report';

/** Foreign weights as one of our networks. */
export interface Pretrained {
  readonly config: Config;
  readonly spec: ViTSpec;
  readonly classes: readonly string[];
  readonly params: TensorMap;
  readonly origin: Origin;
}

/**
 * Opens weights that another project wrote: finds its scheme, the network and its preprocessing, and fits the tensors.
 *
 * @throws UserError that says what does not fit, and the option that would settle it
 */
export async function openPretrained(place: string | ModelFile, options: Omit<ImportOptions, 'path' | 'out'> = {}): Promise<Pretrained> {
  const file = asSaved(typeof place === 'string' ? await openModelFile(place) : place);
  const known = recognise(file);
  const found = inferArchitecture(file.file, known.rewritten.named, known.hints, file.beside, options.model);
  const chosen = await configFor(file, known, found, options);
  const labels = options.replaceHead ?? classNames(file, found.classes);
  const spec = vitSpec(chosen.config.image, chosen.config.model, labels.length);
  const fitted = fitTo(spec, known.rewritten, { rule: known.positions, grid: found.grid, scheme: known.scheme.id, newHead: options.replaceHead !== undefined });
  const nothing = fitted.report.matched.length + fitted.report.converted.length + fitted.report.resized.length === 0;
  if (fitted.unfit.length > 0 || nothing || options.partial !== true) refuseUnfit(file.file, fitted.report, fitted.unfit);
  refuseNonFinite(file.file, fitted.params);
  const { source, notes } = chosen.preprocessing;
  const preprocessing = { source, notes: [...notes, ...(options.replaceHead ? [] : unusedNames(file, found.classes))] };
  const origin = { file: file.file, scheme: known.scheme.id, positions: known.positions, report: fitted.report, facts: chosen.facts, preprocessing };
  return { config: chosen.config, spec, classes: labels, params: fitted.params, origin };
}

/** A checkpoint of our own says in its metadata what others say in a `config.json`. */
function asSaved(file: ModelFile): ModelFile {
  const { config, classes, format } = file.metadata;
  if (!format?.startsWith('vit-lab/') || config === undefined) return file;
  try {
    const { model, image } = JSON.parse(config) as Config;
    return { ...file, metadata: {}, beside: { config: { label_names: JSON.parse(classes ?? '[]') as unknown, vit_lab: { model, image } } } };
  } catch (error) {
    throw new UserError(l10n.t('{0} is damaged: {1}', file.file, reasonOf(error)), { file: file.file });
  }
}

interface Chosen {
  readonly config: Config;
  readonly facts: Origin['facts'];
  readonly preprocessing: Origin['preprocessing'];
}

async function configFor(file: ModelFile, known: Recognised, found: Architecture, options: Pick<ImportOptions, 'model' | 'imageSize' | 'patchSize'>): Promise<Chosen> {
  const given = options.model === undefined ? undefined : await sectionsOf(options.model);
  const saved = given ? undefined : ownImage(file);
  const model = { ...(given?.model ?? found.model), ...(options.patchSize !== undefined && { patch_size: options.patchSize }) };
  const before = sides((found.model['patch_size'] ?? 1) as number | [number, number]);
  const patch = options.patchSize === undefined ? before : sides(options.patchSize);
  const own = found.grid.map((count, axis) => count * before[axis]!);
  const size = options.imageSize ?? given?.image['size'] ?? (saved?.image.size !== undefined && options.patchSize === undefined ? saved.image.size : own[0] === own[1] ? own[0] : own);
  if (options.imageSize !== undefined && patch.some((side) => options.imageSize! % side !== 0)) throw new UserError(l10n.t('An image of {0} pixels is no whole number of patches of {1}.', options.imageSize, patch.join(' × ')));
  const { image, source, notes } = saved ?? preprocessingOf({ preprocessor: file.beside.preprocessor, timm: file.beside.config, scheme: familyName(known), architecture: architectureName(file, options.model), size: Array.isArray(size) ? (size as [number, number]) : Number(size) });
  const config = checked(file.file, { name: nameOf(file.file), image: { ...inChannels(image, found.channels), ...given?.image, size }, model });
  const facts = given ? { model: l10n.t('{0}, as asked', options.model!) } : found.origins;
  return { config, facts, preprocessing: given && Object.keys(given.image).length > 1 ? { source: options.model!, notes: [] } : { source, notes } };
}

/** Of what we have exported or saved ourselves, to the pixel: other libraries have no words for some of it. */
function ownImage({ beside }: ModelFile): Preprocessing | undefined {
  const own = isObject(beside.config?.['vit_lab']) ? beside.config['vit_lab']['image'] : undefined;
  return isObject(own) ? { image: own, source: l10n.t('Preprocessing as ViT Lab has written it.'), notes: [] } : undefined;
}

/** A network for grey images has one mean and one deviation. */
function inChannels(image: Partial<ImageConfig>, channels: number): object {
  const single = (values: readonly number[]): number[] => (channels === 1 ? [values.reduce((a, b) => a + b, 0) / values.length] : [...values]);
  return { ...image, channels, ...(image.mean && { mean: single(image.mean) }), ...(image.std && { std: single(image.std) }) };
}

/** Whose preprocessing it is: a scheme may be that of several families. */
function familyName({ scheme, positions, rewritten }: Recognised): string {
  if (scheme.id === 'timm' && positions === 'dino') return 'dinov2';
  const distilled = rewritten.named.has('dist_token') || rewritten.named.get('reg_token')?.from.some((name) => name.endsWith('distillation_token'));
  return scheme.id.startsWith('hf-v') && distilled ? 'hf-deit' : scheme.id;
}

/** timm's name of the network, where somebody says it. */
function architectureName({ beside }: ModelFile, model: string | undefined): string | undefined {
  const said = beside.config?.['architecture'];
  return typeof said === 'string' ? said : isPresetName(model) ? model : undefined;
}

function sides(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** `image` and `model` of a preset, or of a configuration file. */
async function sectionsOf(model: string): Promise<{ readonly image: Readonly<Record<string, unknown>>; readonly model: Readonly<Record<string, unknown>> }> {
  if (isPresetName(model)) {
    const { image, model: section } = withPreset({ model: { preset: model } }) as { image: Record<string, unknown>; model: Record<string, unknown> };
    return { image, model: section };
  }
  if (!/\.(ya?ml|json)$/i.test(model)) throw new UserError(withNearest(l10n.t('There is no preset {0}. `vit-lab info --presets` lists them; a configuration ends with .yaml or .json.', model), model, presetNames));
  // Its data do not matter here, and need not be there.
  const { image, model: section } = await loadConfig(path.resolve(model), ['dataset={format: shapes}']);
  return { image, model: section };
}

function checked(file: string, sections: object): Config {
  const parsed = configSchema.safeParse(sections);
  if (!parsed.success) throw new UserError(l10n.t('The network of {0} is none that ViT Lab can build: {1}', file, complaints(parsed.error, sections)), { file });
  const broken = checkRules(parsed.data, path.dirname(file)).filter(({ key, severity }) => severity === 'error' && /^(model|image)\./.test(key));
  if (broken.length > 0) throw new UserError(l10n.t('The network of {0} is none that ViT Lab can build: {1}', file, broken.map(({ message }) => message).join(' ')), { file });
  return parsed.data;
}

/** Of a file by its name; of the usual `model.safetensors` by its folder's. */
function nameOf(file: string): string {
  const name = path.basename(file).replace(/(\.safetensors(\.index\.json)?|\.npz)$/, '');
  return (/^(model|pytorch_model|open_clip_model|weights)$/.test(name) ? path.basename(path.dirname(file)) : name).slice(0, 80);
}

/** A list of names that is not as long as the head is none of its classes; whoever wrote it wants to know. */
function unusedNames({ beside }: ModelFile, count: number): string[] {
  const { label_names: timm, id2label: hf } = beside.config ?? {};
  const named = Array.isArray(timm) ? timm.length : isObject(hf) ? Object.keys(hf).length : count;
  const madeUp = isObject(hf) && Object.values(hf).every((name) => /^LABEL_\d+$/.test(String(name)));
  if (isObject(hf) && !Array.isArray(timm) && named === count && count > 0 && !madeUp && hfClasses({ config: beside.config! }, count) === undefined)
    return [l10n.t('The id2label of config.json has not a name for every number from 0 to {0}: its names were left out.', count - 1)];
  return named === count || count === 0 ? [] : [l10n.t('config.json names {0} classes and the head has {1}: the names were left out.', named, count)];
}

function classNames({ beside }: ModelFile, count: number): readonly string[] {
  const timm = beside.config?.['label_names'];
  if (Array.isArray(timm) && timm.length === count && timm.every((name) => typeof name === 'string')) {
    const words = beside.config?.['label_descriptions'];
    const described = typeof words === 'object' && words !== null ? (words as Readonly<Record<string, unknown>>) : {};
    return timm.map((name) => (typeof described[name] === 'string' ? (described[name]).split(',')[0]! : name));
  }
  return hfClasses(beside, count) ?? Array.from({ length: count }, (_, i) => l10n.t('class {0}', i));
}
