import * as l10n from '@vscode/l10n';
import type { MappingReport } from '../../protocol';
import { initParams, paramSpecs } from '../model/params';
import { gridOf, hasTable, positionCount, type ViTSpec } from '../model/spec';
import type { FloatTensor, TensorMap } from '../tensors';
import type { Named, Rewritten } from '../weights/schemes/rewrite';
import { describeReason, shapeText } from './report';
import type { PositionRule } from '../weights/schemes/scheme';
import { resizePatches, resizePositions, type Grid } from './resize';

export interface FitOptions {
  /** Who resizes positions how. */
  readonly rule: PositionRule;
  /** The grid that the table is of. */
  readonly grid: Grid;
  readonly scheme: string;
  /** A new head of zeros takes the place of the file's. */
  readonly newHead: boolean;
}

export interface Fitted {
  /** In the network's order; what is missing has fresh weights. */
  readonly params: TensorMap;
  readonly report: MappingReport;
  /** Shapes that cannot be brought together, as sentences. */
  readonly unfit: readonly string[];
}

/** One row of the report, whichever it belongs to. */
type Entry<K extends keyof MappingReport> = MappingReport[K] extends readonly (infer T)[] ? T : never;

/** Brings tensors under timm's names into the shapes of a network, and says what became of each. */
export function fitTo(spec: ViTSpec, { named, ignored, unknown }: Rewritten, options: FitOptions): Fitted {
  const params = new Map<string, FloatTensor>();
  const rows = { matched: [] as Entry<'matched'>[], missing: [] as Entry<'missing'>[], resized: [] as Entry<'resized'>[], converted: [] as Entry<'converted'>[], replaced: [] as Entry<'replaced'>[] };
  const unfit: string[] = [];
  const left = new Map(named);
  let fresh: TensorMap | undefined;
  for (const { name, shape } of paramSpecs(spec)) {
    const found = left.get(name);
    left.delete(name);
    if (options.newHead && /^head(_dist)?\./.test(name)) {
      params.set(name, zeros(shape));
      rows.replaced.push({ name, to: shape, how: found && !same(found.tensor.shape, shape) ? l10n.t('a new head of zeros instead of {0}', shapeText(found.tensor.shape)) : l10n.t('a new head of zeros') });
      continue;
    }
    // A projection, as CLIP has it, is a head without biases.
    if (!found && name === 'head.bias' && named.has('head.weight') && options.scheme.includes('clip')) {
      params.set(name, zeros(shape));
      rows.converted.push({ name, from: [], shape, how: ['added'] });
      continue;
    }
    if (!found) {
      params.set(name, (fresh ??= initParams(spec, 0)).get(name)!);
      rows.missing.push(...missingOf(name, shape, left));
      continue;
    }
    const fitted = fitTensor(spec, name, shape, found, options);
    if (fitted === undefined) {
      unfit.push(l10n.t('{0} is {1}, but the network needs {2}', name, shapeText(found.tensor.shape), shapeText(shape)));
      params.set(name, (fresh ??= initParams(spec, 0)).get(name)!);
      continue;
    }
    params.set(name, fitted.tensor);
    if (fitted.resized !== undefined) rows.resized.push({ name, from: found.tensor.shape, to: shape, how: fitted.resized });
    else if (fitted.changes.length > 0) rows.converted.push({ name, from: found.from, shape, how: fitted.changes });
    else rows.matched.push({ name, from: found.from, shape });
  }
  return { params, unfit, report: { scheme: options.scheme, ...rows, unexpected: [...unexpectedOf(left, unknown), ...ignored.map(({ name, shape, reason }) => ({ name, shape, reason: describeReason(reason) }))] } };
}

/** Of queries, keys and values that were to be joined, those that are not there; the others belong to the network. */
function missingOf(name: string, shape: readonly number[], left: Map<string, Named>): Entry<'missing'>[] {
  const [, before, kind] = /^(.*\.attn)\.qkv\.(weight|bias)$/.exec(name) ?? [];
  const parts = before === undefined ? [] : ['q', 'k', 'v'].map((part) => `${before}.${part}.${kind!}`);
  const absent = parts.filter((part) => !left.has(part));
  if (absent.length === parts.length) return [{ name, shape }];
  for (const part of parts) left.delete(part);
  return absent.map((part) => ({ name: part, shape: [shape[0]! / 3, ...shape.slice(1)] }));
}

function unexpectedOf(left: ReadonlyMap<string, Named>, unknown: Rewritten['unknown']): Entry<'unexpected'>[] {
  return [...[...left].map(([name, { tensor, from }]) => ({ name: from[0] ?? name, shape: tensor.shape })), ...unknown];
}

interface FittedTensor {
  readonly tensor: FloatTensor;
  readonly changes: readonly string[];
  readonly resized?: string;
}

function fitTensor(spec: ViTSpec, name: string, shape: readonly number[], { tensor, changes }: Named, { rule, grid }: FitOptions): FittedTensor | undefined {
  if (name === 'pos_embed' && hasTable(spec)) {
    const to = gridOf(spec);
    const prefix = positionCount(spec) - to[0] * to[1];
    if (tensor.shape[1] !== prefix + grid[0] * grid[1]) return undefined;
    if (grid[0] === to[0] && grid[1] === to[1]) return { tensor, changes };
    return { tensor: resizePositions(tensor, prefix, grid, to, rule), changes, resized: `${grid.join(' × ')} → ${to.join(' × ')}, ${ruleName(rule)}` };
  }
  if (same(tensor.shape, shape)) return { tensor, changes };
  if (name !== 'patch_embed.proj.weight' || tensor.shape[0] !== shape[0]) return undefined;
  const grey = shape[1] === 1 && tensor.shape[1] === 3 ? summed(tensor) : tensor;
  if (grey.shape[1] !== shape[1]) return undefined;
  const all = grey === tensor ? changes : [...changes, 'grey'];
  if (same(grey.shape, shape)) return { tensor: grey, changes: all };
  return { tensor: resizePatches(grey, [shape[2]!, shape[3]!]), changes: all, resized: l10n.t('pseudo-inverse of the resize (FlexiViT)') };
}

/** Grey images have the same value three times: the kernels of the colours add up (timm's `adapt_input_conv`). */
function summed({ shape, data }: FloatTensor): FloatTensor {
  const [D, C, P1, P2] = shape as [number, number, number, number];
  const size = P1 * P2;
  const out = new Float32Array(D * size);
  for (let d = 0; d < D; d++) for (let c = 0; c < C; c++) for (let i = 0; i < size; i++) out[d * size + i] = out[d * size + i]! + data[(d * C + c) * size + i]!;
  return { shape: [D, 1, P1, P2], data: out };
}

function ruleName(rule: PositionRule): string {
  switch (rule) {
    case 'timm':
      return l10n.t('bicubic, antialiased, as timm');
    case 'hf':
      return l10n.t('bicubic, as Hugging Face');
    case 'dino':
      return l10n.t('bicubic with 0.1 added to the side, as DINO');
    case 'torchvision':
      return l10n.t('bicubic with aligned corners, as torchvision');
    case 'google':
      return l10n.t('linear with aligned corners, as Google');
  }
}

function zeros(shape: readonly number[]): FloatTensor {
  return { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}
