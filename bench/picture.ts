import type { Result } from './comparison';
import type { ScalingPoint } from './scaling';

const WIDTH = 760;
const LABELS = 190;
const ROW = 26;

/** Colours that stand on a light page and on a dark one. */
const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #57606a; }
.title { font-weight: 600; }
.bar { fill: #2f81f7; } .slower { fill: #bc7c1f; }
.line { stroke: #8b949e; stroke-width: 1; fill: none; } .one { stroke: #8b949e; stroke-dasharray: 4 3; }
.spread { stroke: #57606a; stroke-width: 1.5; }
.ours { stroke: #2f81f7; fill: #2f81f7; } .theirs { stroke: #bc7c1f; fill: #bc7c1f; } polyline { fill: none !important; stroke-width: 1.8; } .width { stroke-dasharray: 5 4; }
@media (prefers-color-scheme: dark) { text { fill: #c9d1d9; } .spread { stroke: #c9d1d9; } }
</style>`;

function svg(height: number, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">\n${[style, ...body].join('\n')}\n</svg>\n`;
}

/** Eight bits are compared with our own float32, and maps with our own pass without them. */
function isOwn(peer: string): boolean {
  return peer.startsWith('onnx');
}

/** A bar for every comparison with PyTorch eager, from nothing to its ratio, with the spread of the pairs; a line marks equal speed. */
export function ratiosPicture(all: readonly Result[], machine: { readonly processor: string; readonly cores: number }): string {
  const results = all.filter(({ peer }) => isOwn(peer) || (peer.includes('PyTorch') && !peer.includes('compiled')));
  // The words behind the last bar need their room, too.
  const most = Math.max(2, ...results.map(({ spread }) => spread[1])) * 1.05;
  const x = (ratio: number): number => LABELS + (ratio / most) * (WIDTH - LABELS - 130);
  const rows = results.flatMap(({ name, metric, peer, ratio, spread }, i) => {
    const y = 52 + i * ROW;
    const batch = /batch \d+/.exec(metric)?.[0] ?? '';
    return [
      `<text x="${LABELS - 10}" y="${y + 13}" text-anchor="end">${name} ${batch}<title>${peer}</title></text>`,
      `<rect class="bar${ratio < 1 ? ' slower' : ''}" x="${LABELS}" y="${y}" width="${(x(ratio) - LABELS).toFixed(1)}" height="${ROW - 8}" rx="3"/>`,
      `<line class="spread" x1="${x(spread[0]).toFixed(1)}" x2="${x(spread[1]).toFixed(1)}" y1="${y + 9}" y2="${y + 9}"/>`,
      `<text x="${(x(Math.max(ratio, spread[1])) + 6).toFixed(1)}" y="${y + 13}">${ratio.toFixed(2)} ×${isOwn(peer) ? ` ours ${peer.split(', ').at(-1)}` : ''}</text>`,
    ];
  });
  const bottom = 52 + results.length * ROW;
  const one = x(1).toFixed(1);
  const peers = [...new Set(results.map(({ peer }) => peer).filter((peer) => !isOwn(peer)))].join('; ');
  return svg(bottom + 30, [
    `<text class="title" x="${LABELS}" y="20">How much faster (memory: smaller) than ${escaped(peers)}</text>`,
    `<text x="${LABELS}" y="38">${escaped(machine.processor)}, ${machine.cores} cores; lines show the spread of the pairs</text>`,
    ...rows,
    `<line class="one" x1="${one}" x2="${one}" y1="46" y2="${bottom}"/>`,
    `<text x="${one}" y="${bottom + 18}" text-anchor="middle">as fast</text>`,
  ]);
}

/** What a panel of the scaling picture has across. */
const costs = {
  macs: 'Multiply-adds of a forward pass',
  omegaMsa: 'Of them, of attention: Ω(MSA) of all blocks',
} as const satisfies Partial<Record<keyof ScalingPoint, string>>;

/** Where a logarithmic axis of some length puts a value. */
function logarithmic(values: readonly number[], length: number): (value: number) => number {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  return (value) => ((Math.log(value) - low) / (high - low || 1)) * length;
}

/** Time of a training step an image, on logarithmic axes: over all multiply-adds at the left, over those of attention at the right. */
export function scalingPicture(points: readonly ScalingPoint[]): string {
  const [width, height, bottom] = [WIDTH / 2 - 80, 210, 270];
  const times = points.flatMap(({ ours, theirs }) => [ours, theirs]);
  const y = logarithmic(times, height);
  const panel = (cost: keyof typeof costs, left: number): string[] => {
    const all = points.map((point) => point[cost]);
    const x = logarithmic(all, width);
    const at = (point: ScalingPoint, side: 'ours' | 'theirs'): readonly [string, string] => [(left + x(point[cost])).toFixed(1), (bottom - y(point[side])).toFixed(1)];
    const curves = (['theirs', 'ours'] as const).flatMap((side) =>
      (['tokens', 'width'] as const).map((by) => `<polyline class="${side} ${by}" points="${points.filter((point) => point.by === by).map((point) => at(point, side).join()).join(' ')}"/>`),
    );
    const marks = points.map((point) => {
      const [cx, cy] = at(point, 'ours');
      return `<circle class="ours" cx="${cx}" cy="${cy}" r="3"><title>N ${point.tokens}, D ${point.width}: ${point.ours.toPrecision(3)} ms, timm ${point.theirs.toPrecision(3)} ms</title></circle>`;
    });
    return [
      `<path class="line" d="M${left},${bottom - height} V${bottom} H${left + width}"/>`,
      `<text x="${left - 6}" y="${bottom - height + 6}" text-anchor="end">${rounded(Math.max(...times))} ms</text>`,
      `<text x="${left - 6}" y="${bottom}" text-anchor="end">${rounded(Math.min(...times))} ms</text>`,
      ...curves,
      ...marks,
      `<text x="${left}" y="288">${millions(Math.min(...all))}</text>`,
      `<text x="${left + width}" y="288" text-anchor="end">${millions(Math.max(...all))}</text>`,
      `<text x="${left + width / 2}" y="306" text-anchor="middle">${costs[cost]}</text>`,
    ];
  };
  const range = (of: 'tokens' | 'width'): string => {
    const values = points.filter(({ by }) => by === of).map((point) => point[of]);
    return `${Math.min(...values)} to ${Math.max(...values)}`;
  };
  return svg(320, [
    `<text class="title" x="70" y="18">A training step an image: ours (blue) and timm (ochre)</text>`,
    `<text x="70" y="38">Solid: over tokens, N ${range('tokens')}. Dashed: over width, D ${range('width')}. Both axes are logarithmic.</text>`,
    ...panel('macs', 70),
    ...panel('omegaMsa', WIDTH / 2 + 60),
  ]);
}

/** Two digits, without an exponent. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(2)));
}

function millions(value: number): string {
  return `${rounded(value / 1e6)} M`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
