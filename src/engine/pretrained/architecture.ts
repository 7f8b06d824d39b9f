import * as l10n from '@vscode/l10n';
import { isObject, type Json } from '../json';
import { isPresetName, presets } from '../model/presets';
import { UserError } from '../userError';
import type { Beside } from '../weights/modelFile';
import type { Named } from '../weights/schemes/rewrite';
import { said, type Hints } from '../weights/schemes/scheme';
import type { Grid } from './resize';
import { otherNetworks, timmNetworks } from './timmNetworks';

/** What a network is, as keys of `model`, and where each was found. */
export interface Architecture {
  readonly model: Readonly<Record<string, unknown>>;
  /** Where the values are from, by key; `tensors` where the shapes show them. */
  readonly origins: Readonly<Record<string, string>>;
  readonly channels: number;
  /** 0 without a head. */
  readonly classes: number;
  /** Rows and columns of the position table, or of a network without one by its image size. */
  readonly grid: Grid;
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/**
 * The network that tensors under timm's names are of. Shapes say most of it; what they cannot show (heads, ε, activation)
 * is from the file's scheme, `config.json` or a preset of the same shape, and said to be so.
 *
 * @param asked a preset or a configuration that takes the place of what is found
 * @throws UserError naming what cannot be known, and the option that says it
 */
export function inferArchitecture(file: string, named: ReadonlyMap<string, Named>, hints: Hints, beside: Beside, asked?: string): Architecture {
  const shapes: Shapes = new Map([...named].map(([name, { tensor }]) => [name, tensor.shape]));
  if (!isPlain(shapes)) return byName(file, shapes, beside, asked);
  const seen = fromShapes(file, shapes);
  const config = timmConfig(file, beside, asked);
  const told = { ...hints, ...config, ...Object.fromEntries(Object.entries(hints).filter(([, { usual }]) => usual !== true)) };
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  const put = (key: string, value: unknown, from: string): void => {
    if (value === undefined) return;
    values[key] = value;
    origins[key] = from;
  };
  refuseOther(file, seen, beside);
  // What timm's own configuration leaves out is as timm's class has it.
  if (asked === undefined && Object.keys(config).length === 0) refuseUnnamedClip(file, seen, told);
  for (const [key, { value, from }] of Object.entries(told)) if (key !== 'image_size') put(key, value, from);
  for (const [key, value] of Object.entries(seen.model)) put(key, value, 'tensors');
  // Their shapes show that there is one, not what it began with.
  if (shapes.has('blocks.0.ls1.gamma') || shapes.has('blocks.0.ls.gamma')) put('init_values', told['init_values']?.value ?? 1e-5, told['init_values']?.from ?? 'tensors');
  // What is asked for has heads of its own.
  const heads = asked === undefined ? headsOf(file, shapes, seen.model, told) : undefined;
  put('num_heads', heads?.value, heads?.from ?? '');
  if (told['global_pool'] === undefined || seen.pool === 'token_avg') put('global_pool', seen.pool, 'tensors');
  const positions = positionsOf(file, shapes, told, seen);
  put('pos_embed', positions.kind, positions.from);
  put('no_embed_class', positions.noEmbedClass, 'tensors');
  return { model: values, origins, channels: seen.channels, classes: shapes.get('head.weight')?.[0] ?? 0, grid: positions.grid };
}

/**
 * A norm before the blocks is CLIP's, whose ε and preprocessing are not timm's usual ones, and whose activation is one of
 * two: of bare tensors that cannot be seen.
 */
function refuseUnnamedClip(file: string, { model }: Seen, told: Hints): void {
  if (model['pre_norm'] !== true || told['norm_eps']?.usual !== true || told['norm_eps'].from !== 'timm') return;
  throw new UserError(l10n.t('{0} has a norm before its blocks, as the networks of CLIP: whether its activation is gelu or quick_gelu cannot be seen. Put its config.json beside it, or say it: --model vit_base_patch32_clip_224, or --model vit_base_patch32_clip_quickgelu_224 for weights of OpenAI; another size by its preset or a CONFIG.', file), { file });
}

/** Sizes by which a `config.json` of Hugging Face is seen to be of another network. */
function refuseOther(file: string, { model }: Seen, { config }: Beside): void {
  const of = isObject(config?.['vision_config']) ? config['vision_config'] : config;
  for (const [key, found] of [['num_hidden_layers', model['depth']], ['hidden_size', model['embed_dim']], ['patch_size', model['patch_size']]] as const) {
    const value = of?.[key];
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(found)) throw new UserError(l10n.t('{0}: its config.json says {1}: {2}, but its tensors are of a network with {3}. One of the two is of another network.', file, key, JSON.stringify(value), String(found)), { file });
  }
}

/** A Vision Transformer whose patches are projected at once: its shapes say what it is. */
function isPlain(shapes: Shapes): boolean {
  return shapes.has('patch_embed.proj.weight') && ['attn.qkv', 'in_proj'].some((name) => shapes.has(`blocks.0.${name}.weight`)) && ![...shapes.keys()].some((name) => name.startsWith('patch_embed.backbone.'));
}

/** ResNets, Mixers and hybrids are known by what they are called. */
function byName(file: string, shapes: Shapes, { config }: Beside, asked: string | undefined): Architecture {
  const said = typeof config?.['architecture'] === 'string' ? config['architecture'].split('.')[0] : undefined;
  const name = isPresetName(asked) ? asked : said;
  const own = isObject(config?.['vit_lab']) ? config['vit_lab'] : undefined;
  const head = shapes.get('head.weight') ?? shapes.get('fc.weight');
  const first = shapes.get('conv1.weight') ?? shapes.get('stem.proj.weight') ?? [...shapes].find(([key, shape]) => key.startsWith('patch_embed.') && shape.length === 4)?.[1];
  const shared = { channels: first?.[1] ?? 3, classes: head?.[0] ?? 0 };
  // What we have exported says all of it.
  if (asked === undefined && isObject(own?.['model']) && isObject(own['image'])) return { ...shared, channels: Number(own['image']['channels']), model: own['model'], origins: { model: 'config.json' }, grid: gridIn(own['model'], own['image']) };
  if (!isPresetName(name)) {
    if (asked !== undefined) return { ...shared, model: {}, origins: {}, grid: [1, 1] };
    throw new UserError(l10n.t('{0} is no plain Vision Transformer, and its shapes do not say all that it is. Name it: --model PRESET or CONFIG.', file), { file });
  }
  const { model, image } = presets[name];
  const [patch, size] = [Number(model['patch_size'] ?? 1), Number(image['size'])];
  return { ...shared, model: { ...model, preset: name }, origins: { preset: said === name ? 'config.json' : l10n.t('{0}, as asked', name) }, grid: [size / patch, size / patch] };
}

/** Of a ResNet its pixels: it has no patches. */
function gridIn(model: Json, image: Json): Grid {
  const pair = (value: unknown): readonly [number, number] => (isPair(value) ? value : [Number(value), Number(value)]);
  const [size, patch] = [pair(image['size']), model['architecture'] === 'resnet' ? ([1, 1] as const) : pair(model['patch_size'])];
  return [Math.round(size[0] / patch[0]), Math.round(size[1] / patch[1])];
}

interface Seen {
  readonly model: Readonly<Record<string, unknown>>;
  readonly pool: string;
  readonly channels: number;
  readonly patch: Grid;
  readonly prefix: number;
}

function fromShapes(file: string, shapes: Shapes): Seen {
  const must = (name: string): readonly number[] => {
    const shape = shapes.get(name);
    if (shape) return shape;
    throw new UserError(l10n.t('{0} has no tensor {1}, so that its network cannot be known.', file, name), { file });
  };
  const [D, channels, P1, P2] = must('patch_embed.proj.weight') as [number, number, number, number];
  const parallel = shapes.has('blocks.0.in_proj.weight');
  const [, hidden] = must(parallel ? 'blocks.0.mlp_out_proj.weight' : 'blocks.0.mlp.fc2.weight') as [number, number];
  const [M] = parallel ? [hidden] : (must('blocks.0.mlp.fc1.weight') as [number]);
  const depth = 1 + Math.max(...[...shapes.keys()].map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? 0)));
  const reg = shapes.get('reg_token')?.[1] ?? 0;
  const [classToken, distilled] = [shapes.has('cls_token'), shapes.has('dist_token')];
  return {
    model: {
      patch_size: P1 === P2 ? P1 : [P1, P2],
      embed_dim: D,
      depth,
      mlp_ratio: M / D,
      mlp_layer: M === 2 * hidden ? 'swiglu' : 'mlp',
      class_token: classToken,
      distilled,
      reg_tokens: reg,
      pre_norm: shapes.has('norm_pre.weight'),
      fc_norm: shapes.has('fc_norm.weight'),
      parallel_blocks: parallel,
      norm_layer: shapes.has(parallel ? 'blocks.0.in_norm.bias' : 'blocks.0.norm1.bias') ? 'layernorm' : 'rmsnorm',
      // Of any block, and of any of the three: one that is missing is to be told, not to be done without.
      qkv_bias: [...shapes.keys()].some((name) => /^blocks\.\d+\.(in_proj|attn\.(qkv|q|k|v))\.bias$/.test(name)),
      proj_bias: shapes.has(parallel ? 'blocks.0.attn_out_proj.bias' : 'blocks.0.attn.proj.bias'),
      qk_norm: qkNormOf(shapes) !== undefined,
    },
    pool: poolOf(shapes, D, classToken),
    channels,
    patch: [P1, P2],
    prefix: Number(classToken) + Number(distilled) + reg,
  };
}

/** Channels of a head, where its queries have a norm. */
function qkNormOf(shapes: Shapes): number | undefined {
  return (shapes.get('blocks.0.attn.q_norm.weight') ?? shapes.get('blocks.0.q_norm.weight'))?.[0];
}

function poolOf(shapes: Shapes, D: number, classToken: boolean): string {
  if (shapes.get('head.weight')?.[1] === 2 * D) return 'token_avg';
  if (shapes.has('attn_pool.latent')) return 'map';
  return shapes.has('fc_norm.weight') || !classToken ? 'avg' : 'token';
}

/**
 * timm's `config.json`: a network's name, and what differs from it.
 *
 * @throws UserError when the name is of a network that only looks like one of ours
 */
function timmConfig(file: string, { config }: Beside, asked: string | undefined): Hints {
  const name = typeof config?.['architecture'] === 'string' ? config['architecture'].split('.')[0] : undefined;
  const own = isObject(config?.['vit_lab']) ? config['vit_lab']['model'] : undefined;
  if (!config || (name === undefined && own === undefined)) return {};
  const other = Object.entries(otherNetworks).find(([, names]) => names.split(' ').includes(name ?? ''))?.[0];
  if (other !== undefined && asked === undefined) throw new UserError(l10n.t('{0}: config.json says {1}, a network of timm with parts ({2}) that ViT Lab has not.', file, name!, other), { file });
  const values = {
    ...(isPresetName(name) ? presets[name].model : byTimmName(name)),
    ...knownOf(config['model_args']),
    ...(typeof config['global_pool'] === 'string' && config['global_pool'] !== '' && { global_pool: config['global_pool'] }),
    // What we have exported says all of it, what timm has no word for, too.
    ...knownOf(own, 'norm_eps'),
  };
  const size = sizeIn(config) ?? (isPresetName(name) ? presets[name].image['size'] : undefined);
  return said(name === undefined ? 'config.json' : `config.json (${name})`, { ...values, ...(size !== undefined && { image_size: size }) });
}

/** Of the images that the position table is for. */
function sizeIn(config: Json): unknown {
  const [args, cfg, own] = [config['model_args'], config['pretrained_cfg'], config['vit_lab']];
  const ours = isObject(own) && isObject(own['image']) ? own['image']['size'] : undefined;
  const input = isObject(cfg) ? cfg['input_size'] : undefined;
  return (isObject(args) ? args['img_size'] : undefined) ?? ours ?? (Array.isArray(input) ? input.slice(1) : undefined);
}

/** What a name of timm's says that shapes do not. */
function byTimmName(name: string | undefined): Readonly<Record<string, unknown>> {
  for (const [key, names] of Object.entries(timmNetworks)) {
    const heads = names.split(' ').find((one) => one.startsWith(`${name}:`))?.split(':')[1];
    if (heads === undefined) continue;
    const [eps, activation] = key.split(' ');
    return { num_heads: Number(heads), norm_eps: Number(eps), act_layer: activation };
  }
  return {};
}

/** What timm's `model_args` may say that shapes do not. */
const known = ['num_heads', 'init_values', 'pool_include_prefix', 'no_embed_class', 'act_layer'];

function knownOf(args: unknown, ...more: readonly string[]): Readonly<Record<string, unknown>> {
  return isObject(args) ? Object.fromEntries(Object.entries(args).filter(([key, value]) => [...known, ...more].includes(key) && value !== null && (key !== 'act_layer' || isActivation(value)))) : {};
}

function isActivation(value: unknown): boolean {
  return ['gelu', 'gelu_tanh', 'quick_gelu', 'relu', 'silu'].includes(String(value));
}

function headsOf(file: string, shapes: Shapes, model: Seen['model'], told: Hints): { readonly value: number; readonly from: string } {
  const [D, depth, ratio] = [model['embed_dim'], model['depth'], model['mlp_ratio']] as [number, number, number];
  const said = told['num_heads'];
  if (said && !(typeof said.value === 'number' && Number.isInteger(said.value))) throw new UserError(l10n.t('{0}: {1} says {2} heads, which is no whole number.', file, said.from, JSON.stringify(said.value)), { file });
  if (typeof said?.value === 'number') {
    if (said.value > 0 && D % said.value === 0) return { value: said.value, from: said.from };
    throw new UserError(l10n.t('{0}: {1} says {2} heads, which do not divide the width {3}.', file, said.from, said.value, D), { file });
  }
  const head = qkNormOf(shapes);
  if (head !== undefined) return { value: D / head, from: 'tensors' };
  const alike = Object.entries(presets).find(([, preset]) => preset.model['embed_dim'] === D && preset.model['depth'] === depth && Math.abs(Number(preset.model['mlp_ratio']) - ratio) < 1e-6);
  if (alike) return { value: Number(alike[1].model['num_heads']), from: l10n.t('{0}, which has the same sizes', alike[0]) };
  throw new UserError(l10n.t('{0}: how many heads a network of width {1} has cannot be seen. Put its config.json beside it, or say it: --model PRESET or CONFIG.', file, D), { file });
}

interface Positions {
  readonly kind: unknown;
  readonly from: string;
  readonly noEmbedClass: boolean;
  readonly grid: Grid;
}

/** Rows of the table are the patches, and the tokens before them or not. */
function positionsOf(file: string, shapes: Shapes, told: Hints, { prefix, patch }: Seen): Positions {
  const rows = shapes.get('pos_embed')?.[1];
  const size = told['image_size']?.value;
  const sides = typeof size === 'number' ? ([size, size] as const) : isPair(size) ? size : undefined;
  const grid = sides && ([Math.floor(sides[0] / patch[0]), Math.floor(sides[1] / patch[1])] as const);
  if (rows === undefined) {
    const kind = told['pos_embed'];
    if (grid && kind) return { kind: kind.value, from: kind.from, noEmbedClass: false, grid };
    throw new UserError(l10n.t('{0} has no position table. If its positions are sines, or its image size is elsewhere, say it: --model PRESET or CONFIG.', file), { file });
  }
  const learned = { kind: 'learned', from: 'tensors' } as const;
  const counts = [rows - prefix, rows];
  if (grid && counts.includes(grid[0] * grid[1])) return { ...learned, noEmbedClass: prefix > 0 && grid[0] * grid[1] === rows, grid };
  const squares = counts.filter((count) => count > 0 && Number.isInteger(Math.sqrt(count)));
  // Of 4 rows and 3 tokens, 2 × 2 patches or one: only then is it asked which tokens have a position.
  const withoutTokens = told['no_embed_class']?.value;
  const square = squares.length > 1 && typeof withoutTokens === 'boolean' ? [withoutTokens ? rows : rows - prefix] : squares;
  const [count] = square;
  if (count === undefined || (square.length > 1 && prefix > 0))
    throw new UserError(l10n.t('{0}: a position table of {1} rows with {2} tokens before the patches is no square grid. Say the network: --model PRESET or CONFIG.', file, rows, prefix), { file });
  const side = Math.sqrt(count);
  return { ...learned, noEmbedClass: prefix > 0 && count === rows, grid: [side, side] };
}

function isPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((side) => typeof side === 'number');
}
