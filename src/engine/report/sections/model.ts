import * as l10n from '@vscode/l10n';
import { rowsOf as networkRows } from '../../compareModels';
import { configSchema } from '../../config/schema';
import type { ViTSpec } from '../../model/spec';
import type { ModelFacts } from '../../../protocol';
import { FREE } from '../../runs/compare';
import { flatten } from '../../runs/flat';
import { grouped } from '../../units';
import { caution, cite, own, text, type Block, type Inline, type Section } from '../document';
import { keyWords } from '../keyWords';
import type { Group, Material } from '../material';
import { partsOf } from '../parts';
import { networkSources } from '../sources';
import { firstOf, groupName, NONE } from '../words';

/** A table has no room for more columns. */
const COLUMNS = 5;

/** The network and every decision that is not the default. */
export function model(material: Material): Section {
  const known = material.groups.filter((group) => firstOf(group, material).config !== null);
  const unknown = material.groups.filter((group) => !known.includes(group));
  const blocks: Block[] = [
    ...unknown.map((group) => caution(l10n.t('{0}: the configuration cannot be read, so that nothing can be said of the network.', groupName(group, material)))),
    ...known.map((group) => text(described(group, material))),
    ...(known.length > 0 ? [...sizes(known, material), ...parameterTable(known, material), ...decisions(known, material)] : []),
    own(l10n.t('why this network and these values: what you tried, what you expected of each decision, and what you gave up')),
  ];
  return { id: 'model', title: l10n.t('Model and design decisions'), blocks };
}

function described(group: Group, material: Material): Inline {
  const { spec, facts, config, record } = firstOf(group, material);
  const name = groupName(group, material);
  const start = record?.start ? ` ${l10n.t('It starts from trained weights, not from chance.')}` : '';
  if (!spec || !facts) return l10n.t('{0}: its size is not known, as the number of classes is not.', name);
  const [height, width] = spec.imageSize;
  const sources = cite(...networkSources(config!));
  if (spec.architecture === 'resnet') return [{ strong: name }, ' ', l10n.t('is a ResNet of {0} blocks for images of {1} × {2} pixels', spec.layers.reduce((a, b) => a + b, 0), height, width), sources, '.', start];
  const patches = positionsOf(spec, facts.patches);
  if (spec.architecture === 'mixer') return [{ strong: name }, ' ', l10n.t('is an MLP-Mixer of {0} blocks, {1} wide, on {2}', spec.depth, spec.width, patches), sources, '.', start];
  return [{ strong: name }, ' ', l10n.t('is a Vision Transformer of {0} blocks with {1} heads each, {2} wide, on {3}: {4} tokens', spec.depth, spec.heads, spec.width, patches, facts.tokens), sources, '.', start];
}

/** What the tokens are of: patches of the image itself only where they are cut out of it. */
function positionsOf(spec: ViTSpec, [rows, columns]: ModelFacts['patches']): string {
  if (spec.projection === 'conv_stem') return l10n.t('{0} × {1} positions of what {2} convolutions make of the image', rows, columns, spec.stem.length);
  if (spec.projection === 'resnetv2') return l10n.t('{0} × {1} positions of what the convolutions of a ResNet make of the image, one for every {2} × {3} pixels', rows, columns, ...spec.patchSize);
  return l10n.t('{0} × {1} patches of {2} × {3} pixels', rows, columns, ...spec.patchSize);
}

/** Side by side what is counted and what is presumed of images. */
function sizes(groups: readonly Group[], material: Material): Block[] {
  const known = groups.filter((group) => firstOf(group, material).facts !== null);
  return chunks(known).map((some) => ({
    kind: 'table',
    caption: [l10n.t('Sizes, costs of one image, and what each network knows of images before it has seen one. Multiply-adds leave out norms, softmax and activations; Ω(MSA) = 4hwC² + 2(hw)²C'), cite('swin'), '.'],
    head: ['', ...some.map((group) => groupName(group, material))],
    rows: networkRows(some.map((group) => ({ ...firstOf(group, material).facts!, file: '', title: '', assumed: false }))).map(({ label, values }) => [label, ...values]),
  }));
}

function parameterTable(groups: readonly Group[], material: Material): Block[] {
  const known = groups.flatMap((group) => {
    const { spec } = firstOf(group, material);
    return spec ? [{ name: groupName(group, material), parts: partsOf(spec) }] : [];
  });
  return chunks(known).map((some) => {
    const labels = [...new Set(some.flatMap(({ parts }) => parts.map(({ label }) => label)))];
    const totals = some.map(({ parts }) => parts.reduce((sum, { params }) => sum + params, 0));
    const cell = (column: number, label: string): string => {
      const params = some[column]!.parts.find((part) => part.label === label)?.params;
      return params === undefined ? NONE : `${grouped(params)} (${((100 * params) / totals[column]!).toFixed(1)} %)`;
    };
    return {
      kind: 'table' as const,
      caption: l10n.t('Where the parameters are, summed over the blocks.'),
      head: [l10n.t('Part'), ...some.map(({ name }) => name)],
      rows: [...labels.map((label) => [label, ...some.map((_, i) => cell(i, label))]), [[{ strong: l10n.t('all') }], ...totals.map((total) => [{ strong: grouped(total) }])]],
      numbers: some.map((_, i) => i + 1),
    };
  });
}

/** Keys that are not the default, with their meaning: those that all have in common, and those in which they differ. */
function decisions(groups: readonly Group[], material: Material): Block[] {
  const configs = groups.map((group) => meaningful(flatten(firstOf(group, material).config!)));
  const defaults = flatten(configSchema.parse({}));
  const keys = [...new Set(configs.flatMap((config) => [...config.keys()]))].filter((key) => isDecision(key) && (key !== 'seed' || groups.every(({ runs }) => runs.length === 1)));
  const changed = keys.filter((key) => configs.some((config) => config.get(key) !== defaults.get(key)));
  const common = changed.filter((key) => configs.every((config) => config.get(key) === configs[0]!.get(key)));
  const differ = changed.filter((key) => !common.includes(key));
  return [
    text(l10n.t('A configuration says what differs from the defaults; everything else has the value that docs/configuration.md gives, and the appendix shows each file whole.')),
    ...(common.length === 0 ? [] : [commonTable(common, configs[0]!, defaults, groups.length > 1)]),
    ...(differ.length === 0 ? [] : chunks(groups.map((group, i) => ({ name: groupName(group, material), config: configs[i]! }))).map((some) => differTable(differ, some, defaults))),
    ...(common.length + differ.length === 0 ? [text(l10n.t('Nothing differs from the defaults.'))] : []),
  ];
}

/** A ResNet has few of the keys of a Transformer, so that their defaults would tell of it what it is not. */
function meaningful(config: Flat): Flat {
  if (config.get('model.architecture') !== 'resnet') return config;
  return new Map([...config].filter(([key]) => !key.startsWith('model.') || OF_RESNET.has(key)));
}

const OF_RESNET: ReadonlySet<string> = new Set(['preset', 'architecture', 'block', 'layers', 'stem_type', 'embed_dim'].map((key) => `model.${key}`));

/** Whether a key shapes the network or its training; the others say where things lie, how they are called, what is watched and who is told of it. */
export function isDecision(key: string): boolean {
  return !FREE.has(key) && !/^(probe|sweep|tracking)(\.|$)/.test(key);
}

type Flat = ReadonlyMap<string, string>;

function commonTable(keys: readonly string[], config: Flat, defaults: Flat, several: boolean): Block {
  return {
    kind: 'table',
    caption: several ? l10n.t('What all configurations have in common and is not the default.') : l10n.t('What is not the default.'),
    head: [l10n.t('Key'), l10n.t('Value'), l10n.t('Default'), l10n.t('What it decides')],
    rows: keys.map((key) => [[{ code: key }], value(config.get(key)), value(defaults.get(key)), keyWords(key, kindsOf([config]))]),
  };
}

function differTable(keys: readonly string[], some: readonly { readonly name: string; readonly config: Flat }[], defaults: Flat): Block {
  return {
    kind: 'table',
    caption: l10n.t('In what the configurations differ; keys of which no configuration says anything but the default are left out.'),
    head: [l10n.t('Key and what it decides'), ...some.map(({ name }) => name), l10n.t('Default')],
    rows: keys.map((key) => [[{ code: key }, ' ', keyWords(key, kindsOf(some.map(({ config }) => config)))], ...some.map(({ config }) => value(config.get(key))), value(defaults.get(key))]),
  };
}

function kindsOf(configs: readonly Flat[]): readonly string[] {
  return configs.map((config) => config.get('model.architecture') ?? '');
}

function value(of: string | undefined): Inline {
  return of === undefined || of === '' ? NONE : [{ code: of.replaceAll(',', ', ') }];
}

/** As many beside each other as there is room for. */
function chunks<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / COLUMNS) }, (_, i) => all.slice(i * COLUMNS, (i + 1) * COLUMNS));
}

