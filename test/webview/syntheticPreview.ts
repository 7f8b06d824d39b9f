import { randomAt } from '../../src/engine/random';
import { scheduleCurve } from '../../src/engine/scheduleCurve';
import { configSchema } from '../../src/engine/config/schema';
import type { BatchPreview, PreviewImage, SchedulePreview } from '../../src/protocol';

const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** A batch of drawn blobs, mixed as it is said. */
export function batchPreview(mix: BatchPreview['mix'], images = 64, side = 32): BatchPreview {
  const random = randomAt(3, 'preview', mix ? 1 : 0);
  const pixels = new Float32Array(images * side * side * 3);
  const list = Array.from({ length: images }, (_, i): PreviewImage => {
    const [cx, cy, r] = [side * (0.3 + 0.4 * random.next()), side * (0.3 + 0.4 * random.next()), side * (0.15 + 0.2 * random.next())];
    const [own, ground] = [[random.next(), random.next(), random.next()], [random.next(), random.next(), random.next()]];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        for (let c = 0; c < 3; c++) pixels[((i * side + y) * side + x) * 3 + c] = 2 * ((Math.hypot(x - cx, y - cy) < r ? own : ground)[c] ?? 0) - 1 + 0.1 * random.normal();
    const label = random.int(10);
    const half = Math.round(side / 2);
    return { name: `/data/${names[label] ?? ''}/${String(i)}.png`, label, share: mix?.lam ?? 1, ...(mix && { other: random.int(10) }), ...(mix?.kind === 'cutmix' && { box: { top: half, bottom: side, left: 4, right: side } }) };
  });
  const counts = names.map((_, k) => 400 - 20 * k);
  return {
    dataset: 'cifar10-images', classes: names, evened: false, counts: { train: counts, val: counts.map((n) => n / 10), test: counts.map((n) => n / 10) },
    seed: 0, step: 0, epoch: 0, epochs: 10, stepsPerEpoch: 49, batchSize: Math.max(64, images), images: list, width: side, height: side, channels: 3,
    pixels, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], mix, smoothing: mix ? 0.1 : 0, warnings: [],
  };
}

export function schedulePreview(): SchedulePreview {
  return scheduleCurve(configSchema.parse({ train: { epochs: 10, warmup_epochs: 1, cooldown_epochs: 1 } }), 49);
}
