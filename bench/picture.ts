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
.ours { stroke: #2f81f7; fill: #2f81f7; } .theirs { stroke: #bc7c1f; fill: #bc7c1f; } polyline { fill: none !important; stroke-width: 1.8; }
@media (prefers-color-scheme: dark) { text { fill: #c9d1d9; } .spread { stroke: #c9d1d9; } }
</style>`;

function svg(height: number, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">\n${[style, ...body].join('\n')}\n</svg>\n`;
}

/** A bar for every comparison, from nothing to its ratio, with the spread of the pairs; a line marks equal speed. */
export function ratiosPicture(results: readonly Result[], machine: { readonly processor: string; readonly cores: number }): string {
  const most = Math.max(2, ...results.map(({ spread }) => spread[1])) * 1.05;
  const x = (ratio: number): number => LABELS + (ratio / most) * (WIDTH - LABELS - 60);
  const rows = results.flatMap(({ name, metric, peer, ratio, spread }, i) => {
    const y = 52 + i * ROW;
    const batch = /batch \d+/.exec(metric)?.[0] ?? '';
    return [
      `<text x="${LABELS - 10}" y="${y + 13}" text-anchor="end">${name} ${batch}<title>${peer}</title></text>`,
      `<rect class="bar${ratio < 1 ? ' slower' : ''}" x="${LABELS}" y="${y}" width="${(x(ratio) - LABELS).toFixed(1)}" height="${ROW - 8}" rx="3"/>`,
      `<line class="spread" x1="${x(spread[0]).toFixed(1)}" x2="${x(spread[1]).toFixed(1)}" y1="${y + 9}" y2="${y + 9}"/>`,
      `<text x="${(x(Math.max(ratio, spread[1])) + 6).toFixed(1)}" y="${y + 13}">${ratio.toFixed(2)} ×</text>`,
    ];
  });
  const bottom = 52 + results.length * ROW;
  const one = x(1).toFixed(1);
  const peers = [...new Set(results.map(({ peer }) => peer.split(',')[0]))].join(', ');
  return svg(bottom + 30, [
    `<text class="title" x="${LABELS}" y="20">How much faster (memory: smaller) than ${escaped(peers)}</text>`,
    `<text x="${LABELS}" y="38">${escaped(machine.processor)}, ${machine.cores} cores; lines show the spread of the pairs</text>`,
    ...rows,
    `<line class="one" x1="${one}" x2="${one}" y1="46" y2="${bottom}"/>`,
    `<text x="${one}" y="${bottom + 18}" text-anchor="middle">as fast</text>`,
  ]);
}

/** Time of a training step an image over its multiply-adds, on logarithmic axes; tokens at the left, width at the right. */
export function scalingPicture(points: readonly ScalingPoint[]): string {
  const panel = (by: ScalingPoint['by'], left: number): string[] => {
    const own = points.filter((point) => point.by === by);
    const [xs, ys] = [own.map(({ macs }) => macs), own.flatMap(({ ours, theirs }) => [ours, theirs])];
    const [w, h] = [WIDTH / 2 - 80, 210];
    const scale = (values: readonly number[], length: number) => {
      const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
      return (value: number): number => ((Math.log(value) - low) / (high - low || 1)) * length;
    };
    const [x, y] = [scale(xs, w), scale(ys, h)];
    const at = (macs: number, ms: number): string => `${(left + x(macs)).toFixed(1)},${(270 - y(ms)).toFixed(1)}`;
    const curve = (side: 'ours' | 'theirs'): string => `<polyline class="${side}" points="${own.map((point) => at(point.macs, point[side])).join(' ')}"/>`;
    const marks = own.flatMap((point) => {
      const [cx, cy] = at(point.macs, point.ours).split(',');
      const label = by === 'tokens' ? point.tokens : point.width;
      const share = Math.round((100 * 4 * point.omegaMsa) / point.macs);
      return [`<circle class="ours" cx="${cx}" cy="${cy}" r="3"><title>Ω(MSA) of all blocks: ${share} % of ${point.macs} multiply-adds</title></circle>`, `<text x="${cx}" y="288" text-anchor="middle">${label}</text>`];
    });
    const top = Math.max(...ys);
    return [
      `<text class="title" x="${left}" y="40">${by === 'tokens' ? 'Tokens N at width 128' : 'Width D at 65 tokens'}</text>`,
      `<path class="line" d="M${left},60 V270 H${left + w}"/>`,
      `<text x="${left - 6}" y="66" text-anchor="end">${top.toPrecision(2)} ms</text>`,
      `<text x="${left - 6}" y="270" text-anchor="end">${Math.min(...ys).toPrecision(2)} ms</text>`,
      curve('theirs'),
      curve('ours'),
      ...marks,
      `<text x="${left + w / 2}" y="306" text-anchor="middle">${by === 'tokens' ? 'N' : 'D'}, placed by multiply-adds (logarithmic)</text>`,
    ];
  };
  return svg(320, [
    `<text class="title" x="70" y="18">A training step an image: ours (blue) and timm (ochre)</text>`,
    ...panel('tokens', 70),
    ...panel('width', WIDTH / 2 + 60),
  ]);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
