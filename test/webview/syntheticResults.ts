import type { Classified } from '../../src/protocol';

const labels = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Rows as a folder gives them: mostly sure, some not, a broken file now and then. */
export function classified(count: number): readonly Classified[] {
  return Array.from({ length: count }, (_, i): Classified => {
    const file = `/lab/photos/${labels[(i * 7) % 10] ?? ''}/image-${String(i).padStart(4, '0')}.jpg`;
    if (i % 17 === 13) return { file, predictions: [], error: `Cannot read ${file}: the file is cut off after ${String(900 + i)} of 88,120 bytes.` };
    const first = 0.35 + 0.64 * Math.abs(Math.sin(i * 1.7));
    const second = (1 - first) * 0.7;
    // Now and then the model takes the picture for something else than its folder says.
    const label = i % 9 === 4 ? labels[(i * 3 + 1) % 10] : labels[(i * 7) % 10];
    return {
      file,
      predictions: [
        { label: label ?? '', probability: first },
        { label: labels[(i * 3 + (i % 9 === 4 ? 5 : 1)) % 10] ?? '', probability: second },
        { label: labels[(i * 3 + 2) % 10] ?? '', probability: 1 - first - second },
      ],
    };
  });
}
