import * as l10n from '@vscode/l10n';
import type { Checkpoint } from '../checkpoint';
import { memoryEstimate } from '../model/cost';
import { gridOf, hasAttention, pairOf, vitSpec, type ViTSpec } from '../model/spec';
import { UserError } from '../userError';
import { resizePositions } from './resize';

/** Height and width in pixels, the side of a square, or so many times the network's own sides. */
export type ImageSize = number | readonly [height: number, width: number] | { readonly times: number };

/** More than that is a slip of the hand, or more than the machine has. */
const MOST_BYTES = 4 * 2 ** 30;

/**
 * The same network for images of another size, as timm's `dynamic_img_size` has it: learned positions are resampled as the
 * family of the weights does, fixed and rotary ones computed anew, and a ResNet takes what comes.
 *
 * @throws UserError where the weights know one size only, or the size is too large for the memory
 */
export function atSize(checkpoint: Checkpoint, wanted: ImageSize): Checkpoint {
  const { spec: from, meta, params, path: file } = checkpoint;
  const size = typeof wanted === 'object' && 'times' in wanted ? enlarged(from, wanted.times) : wanted;
  if (pairOf(size).join() === pairOf(meta.config.image.size).join()) return checkpoint;
  const config = { ...meta.config, image: { ...meta.config.image, size: typeof size === 'number' ? size : ([...size] as [number, number]) } };
  const spec = vitSpec(config.image, config.model, from.classes);
  refuse(checkpoint, spec);
  const table = params.get('pos_embed');
  const [rows, columns] = gridOf(from);
  // One of the rules moves the positions even of the same grid.
  const resized = table && gridOf(spec).join() !== gridOf(from).join() && resizePositions(table, table.shape[1]! - rows * columns, [rows, columns], gridOf(spec), meta.origin?.positions ?? 'timm');
  return { path: file, spec, meta: { ...meta, config }, params: resized ? new Map([...params, ['pos_embed', resized]]) : params };
}

/** Whole patches, so that nothing is cut off or filled up. */
function enlarged({ imageSize, patchSize }: ViTSpec, times: number): readonly [number, number] {
  const [height, width] = imageSize.map((side, axis) => Math.max(1, Math.round((side * times) / patchSize[axis]!)) * patchSize[axis]!) as [number, number];
  return [height, width];
}

function refuse({ path: file, spec: from }: Checkpoint, spec: ViTSpec): void {
  const fixed = spec.architecture === 'mixer' ? 'architecture: mixer' : spec.posEmbed === 'relative' ? 'pos_embed: relative' : undefined;
  if (fixed !== undefined) throw new UserError(l10n.t('{0} takes images of {1} pixels alone: its weights ({2}) are of that many patches.', file, from.imageSize.join(' × '), fixed), { file });
  // Every map is kept for the pictures.
  const maps = hasAttention(spec) ? 4 * spec.depth * spec.heads * (gridOf(spec)[0] * gridOf(spec)[1]) ** 2 : 0;
  const bytes = memoryEstimate(spec, 1).inference + maps;
  if (bytes > MOST_BYTES)
    throw new UserError(l10n.t('Images of {0} pixels make {1} patches, whose attention takes {2} GiB. Choose a smaller image size.', spec.imageSize.join(' × '), gridOf(spec).join(' × '), Math.ceil(bytes / 2 ** 30)), { file });
}
