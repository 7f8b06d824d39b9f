import type { Checkpoint } from '../checkpoint';
import { borderOf } from '../pictures/fit';
import { scaleSize } from '../pictures/place';
import { fitToPatch, pairOf } from '../model/spec';
import { python } from './source';
import { perChannel } from './words';

/** What of a script is different from library to library. */
export interface Library {
  /** For pip. */
  readonly packages: readonly string[];
  readonly imports: readonly string[];
  /** Lines of a function that returns the network. */
  readonly network: readonly string[];
  /** An expression of `model` and `x`, float32 [1, H, W, C], that is a NumPy array of logits [K]. */
  readonly logits: string;
}

const head = (library: Library): string => `"""Classifies images with the network beside this file, as ViT Lab does.

    pip install ${library.packages.join(' ')}
    python predict.py IMAGE ...
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
${[...library.imports].sort().join('\n')}

HERE = Path(__file__).resolve().parent`;

/** A script that prepares an image to the pixel as ViT Lab does, with Pillow alone, and prints the five likeliest classes. */
export function predictScript(checkpoint: Checkpoint, library: Library): string {
  return `${head(library)}
LABELS = ${python(checkpoint.meta.classes, false)}


def network():
${library.network.map((line) => `    ${line}`).join('\n')}


${prepare(checkpoint)}


def probabilities(model, path):
    """[K], of the classes in the order of LABELS."""
    x = prepare(path)[None]
    logits = ${library.logits}
    e = np.exp(logits - logits.max())
    return e / e.sum()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    model = network()
    for path in sys.argv[1:]:
        if not Path(path).is_file():
            sys.exit(f"{path} is no file")
        p = probabilities(model, path)
        print(path)
        for k in np.argsort(-p)[:5]:
            print(f"  {p[k]:.4f}  {LABELS[k]}")
`;
}

/** The steps of `fitRaster`, in Pillow: its filters and rounding are the ones that ViT Lab follows. */
function prepare({ spec, meta }: Checkpoint): string {
  const { image, model } = meta.config;
  const { channels } = spec;
  const size = pairOf(image.size);
  const patch = fitToPatch(image, model);
  const filter = `Image.Resampling.${image.interpolation.toUpperCase()}`;
  const grey = channels === 1;
  const border = borderOf(image, channels);
  // Both sides become the network's: there is nothing to cut or to fill.
  const whole = image.fit === 'squash' && image.crop_pct === 1;
  const lines = [
    'image = ImageOps.exif_transpose(Image.open(path))',
    'if image.mode in ("LA", "P", "PA", "RGBA") or "transparency" in image.info:  # what is transparent shows white',
    '    image = image.convert("RGBA")',
    '    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)',
    `image = image.convert("RGB")${grey ? '.convert("L")' : ''}`,
    ...(image.fit === 'squash' ? [] : ['rows, columns = image.height, image.width']),
    ...sized(image.fit, scaleSize(size, image.crop_pct)),
    `image = image.resize((width, height), ${filter})`,
    ...(whole ? [] : [...placed(image, size), `canvas = Image.new(image.mode, (${size[1]}, ${size[0]}), ${grey ? String(border[0]) : python(border)})`, 'canvas.paste(image, (x, y))', 'image = canvas']),
    ...(patch.how === 'resize' ? [`image = image.resize((${patch.to[1]}, ${patch.to[0]}), ${filter})`] : []),
    ...(patch.how === 'pad' ? [`padded = Image.new(image.mode, (${patch.to[1]}, ${patch.to[0]}))`, 'padded.paste(image, (0, 0))', 'image = padded'] : []),
    `x = np.asarray(image, np.float32).reshape(${spec.imageSize[0]}, ${spec.imageSize[1]}, ${channels}) / 255`,
    `return ((x - ${array(image.mean, channels)}) / ${array(image.std, channels)}).astype(np.float32)`,
  ];
  return `def prepare(path):\n    """The image as the network was trained to see it: float32 [H, W, C]."""\n${lines.map((line) => `    ${line}`).join('\n')}`;
}

function array(list: readonly number[], channels: number): string {
  return `np.array(${python(perChannel(list, channels), false)}, np.float32)`;
}

type Fit = Checkpoint['meta']['config']['image']['fit'];

/** `place` of pictures/place.ts: the size to which the image is resized. */
function sized(fit: Fit, [rows, columns]: readonly [number, number]): string[] {
  if (fit === 'squash') return [`height, width = ${rows}, ${columns}`];
  if (fit === 'crop' && rows === columns)
    return [`height, width = (${rows}, ${rows} * columns // rows) if rows < columns else (${rows} * rows // columns, ${rows})`];
  if (fit === 'pad')
    return [
      `height, width = ${rows}, ${columns}`,
      `if columns / rows > ${python(columns / rows)}:`,
      '    height = max(1, round(rows / columns * width))',
      `elif columns / rows < ${python(columns / rows)}:`,
      '    width = max(1, round(columns / rows * height))',
    ];
  return [`ratio = ${fit === 'border' ? 'max' : 'min'}(rows / ${rows}, columns / ${columns})`, 'height, width = max(1, round(rows / ratio)), max(1, round(columns / ratio))'];
}

/** Where it then lies: negative is cut off. */
function placed({ fit, crop_pct: share, crop_rounding: rounding }: Checkpoint['meta']['config']['image'], [rows, columns]: readonly [number, number]): string[] {
  const cut = (space: string): string => (rounding === 'floor' ? `((${space}) // 2)` : `round((${space}) / 2)`);
  if (fit === 'pad') {
    const [scaleRows, scaleColumns] = scaleSize([rows, columns], share);
    return [
      `y = round((${scaleRows} - height) / 2) - ${cut(String(scaleRows - rows))}`,
      `x = round((${scaleColumns} - width) / 2) - ${cut(String(scaleColumns - columns))}`,
    ];
  }
  return [
    `y = (${rows} - height) // 2 if height < ${rows} else -${cut(`height - ${rows}`)}`,
    `x = (${columns} - width) // 2 if width < ${columns} else -${cut(`width - ${columns}`)}`,
  ];
}
