import { expect, test } from 'vitest';
import { parseConfig } from '../../src/engine/config/load';
import { macs } from '../../src/engine/model/cost';
import { countParams, paramSpecs } from '../../src/engine/model/params';
import { presetNames, presets } from '../../src/engine/model/presets';
import { vitSpec, type ViTSpec } from '../../src/engine/model/spec';
import { measured, reference } from './reference';

interface Timm {
  readonly params: readonly (readonly [string, readonly number[]])[];
  readonly macs: number;
  readonly decay: readonly string[];
  readonly image: { readonly size: readonly number[]; readonly mean: readonly number[]; readonly std: readonly number[]; readonly interpolation: string; readonly crop_pct: number; readonly crop_mode: string };
}

/** big_vision's, which timm has no name for. */
const elsewhere = new Set(['vit_small_patch16_gap_sincos_224']);
const names = presetNames.filter((name) => !elsewhere.has(name));

function specOf(preset: string): ViTSpec {
  const { config, problems } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, model: { preset } }), 'preset.yaml');
  expect(problems).toEqual([]);
  return vitSpec(config!.image, config!.model, 1000);
}

const perChannel = (values: readonly number[]): readonly number[] => (values.length === 1 ? [values[0]!, values[0]!, values[0]!] : values);

test('every preset has the parameters, multiply-adds and preprocessing of timm', async () => {
  const timm = await reference<Record<string, Timm>>('presets', names);
  let worst = 0;
  for (const name of names) {
    const spec = specOf(name);
    const theirs = timm[name]!;
    const params = paramSpecs(spec).filter(({ trained }) => trained);
    expect(params.map((p) => [p.name, p.shape]), name).toEqual(theirs.params);
    expect(countParams(spec), name).toBe(theirs.params.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0));
    const spared = new Set(theirs.decay);
    expect(params.filter(({ decay }) => decay).map((p) => p.name), name).toEqual(theirs.params.filter(([key, shape]) => shape.length > 1 && !spared.has(key)).map(([key]) => key));
    const off = Math.abs(macs(spec) / theirs.macs - 1);
    worst = Math.max(worst, off);
    expect(off, name).toBeLessThan(0.01);
    const { image } = presets[name];
    const { size, mean, std, interpolation, crop_pct: crop } = theirs.image;
    expect([image['size'], image['size']], name).toEqual(size);
    expect(perChannel(image['mean'] as number[]), name).toEqual(mean);
    expect(perChannel(image['std'] as number[]), name).toEqual(std);
    expect([image['interpolation'], image['crop_pct'], image['fit']], name).toEqual([interpolation, crop, 'crop']);
    expect(theirs.image.crop_mode, name).toBe('center');
  }
  measured(`multiply-adds of ${names.length} presets, relative`, worst, 0.01);
});

test("big_vision's S/16 is timm's S/16 without class token and with fixed positions", () => {
  const [own, plain] = [specOf('vit_small_patch16_gap_sincos_224'), specOf('vit_small_patch16_224')];
  expect(countParams(plain) - countParams(own)).toBe(384 * (197 + 1));
});
