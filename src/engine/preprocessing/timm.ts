import * as l10n from '@vscode/l10n';
import { isObject } from '../json';
import { z } from 'zod';
import type { ImageConfig } from '../config/schema';
import { UserError } from '../userError';
import type { Preprocessing } from './preprocessing';
import { IMAGENET, numbers, side, valueOf, type Settings } from './values';

const MODES = { center: 'crop', squash: 'squash', border: 'border' } as const;
const interpolation = z.enum(['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos']);

/**
 * What timm's `resolve_data_config` and `create_transform` make of a `pretrained_cfg` for evaluation, with timm's
 * defaults for what it does not say.
 *
 * @param config a `config.json`, with `pretrained_cfg` or flat as in timm's first ones
 * @throws UserError naming the key and its value
 */
export function readPretrainedCfg(config: unknown, file: string): Preprocessing {
  if (!isObject(config)) throw new UserError(l10n.t('{0} holds no settings: it is no JSON object.', file), { file });
  const cfg = isObject(config['pretrained_cfg']) ? config['pretrained_cfg'] : config;
  const read = <T>(key: string, kind: z.ZodType<T>, wanted: string): T | undefined => valueOf(cfg, key, kind, wanted, file);
  const [channels, height, width] = read('input_size', z.tuple([side, side, side]), l10n.t('list of channels, height and width')) ?? [3, 224, 224];
  if (channels !== 1 && channels !== 3) throw new UserError(l10n.t('{0}: input_size has {1} channels; ViT Lab takes images of 1 or 3.', file, channels), { file });
  const mode = read('crop_mode', z.enum(['center', 'squash', 'border']), l10n.t('{0}, {1} or {2}', 'center', 'squash', 'border')) ?? 'center';
  const image: Partial<ImageConfig> = {
    size: height === width ? height : [height, width],
    channels,
    fit: MODES[mode],
    // timm takes 0 for nothing said, too.
    crop_pct: read('crop_pct', z.number().min(0).max(1), l10n.t('share from 0 to 1')) || 0.875,
    crop_rounding: 'even',
    interpolation: read('interpolation', interpolation, l10n.t('interpolation of PIL')) ?? 'bicubic',
    mean: read('mean', numbers, l10n.t('list of 1 to 3 numbers')) ?? IMAGENET.mean,
    std: read('std', numbers, l10n.t('list of 1 to 3 numbers')) ?? IMAGENET.std,
  };
  return { image, source: sourceOf(config, cfg, file), notes: notesOf(cfg, file) };
}

function sourceOf(config: Settings, cfg: Settings, file: string): string {
  const name = config['architecture'] ?? cfg['architecture'];
  return typeof name === 'string'
    ? l10n.t('Preprocessing as pretrained_cfg in {0} says, for {1}.', file, name)
    : l10n.t('Preprocessing as pretrained_cfg in {0} says.', file);
}

function notesOf(cfg: Settings, file: string): string[] {
  const border = cfg['crop_border_pixels'];
  return typeof border === 'number' && border > 0 ? [l10n.t('{0}: {1} is {2}, which ViT Lab does not do: the pixels differ.', file, 'crop_border_pixels', border)] : [];
}
