/** What the engine's pictures, which are SVG files, have in common. */

/** What `sharp` finds of it is what letters look like. */
export const FONTS = "'DejaVu Sans', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/** Colours that stand on a light page and on a dark one. */
export const SVG_STYLE = `<style>
text { font-family: system-ui, ${FONTS}; font-size: 12px; fill: #57606a; }
.title { font-weight: 600; } .small { font-size: 11px; }
.axis { stroke: #8b949e; stroke-width: 1; fill: none; }
.grid { stroke: #8b949e; stroke-opacity: .25; }
.run { fill: #2f81f7; fill-opacity: .45; } .mean { stroke: #2f81f7; stroke-width: 1.8; fill: none; } .sd { stroke: #2f81f7; stroke-width: 1.2; } .dot { fill: #2f81f7; fill-opacity: .75; } .early { fill: none; stroke: #2f81f7; stroke-width: 1.4; }
.phase { fill: #2f81f7; fill-opacity: .22; stroke: #2f81f7; stroke-opacity: .6; }
@media (prefers-color-scheme: dark) { text { fill: #c9d1d9; } }
</style>`;

/** 1, 2 or 5 times a power of ten, at least as large. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * (1 - 1e-9))!;
}

/** A coordinate in pixels. */
export function px(of: number): string {
  return of.toFixed(1);
}

/** Text, for between tags and in attributes. */
export function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
