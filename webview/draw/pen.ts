/** What pictures are drawn with: a canvas's own context, or one that writes down an SVG. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'clearRect' | 'fillRect' | 'strokeRect' | 'fillText' | 'strokeText' | 'setLineDash' | 'save' | 'restore'
  | 'fillStyle' | 'strokeStyle' | 'lineWidth' | 'lineJoin' | 'font' | 'textAlign' | 'textBaseline' | 'imageSmoothingEnabled' | 'imageSmoothingQuality'
> & {
  readonly canvas: { readonly width: number; readonly height: number };
  drawImage(image: HTMLCanvasElement, x: number, y: number, width: number, height: number): void;
};

/** A pen for a part of a picture: `draw` gets one whose canvas has that part's size times `ratio`. */
export interface Paper extends Pen {
  inset(box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }, ratio: number, draw: (pen: Pen) => void): void;
}

/** Paper of pixels: `ratio` of them for each unit. */
export function pixelPaper(width: number, height: number, ratio: number): { readonly paper: Paper; readonly canvas: HTMLCanvasElement } {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('No 2D context');
  context.scale(ratio, ratio);
  const paper = Object.assign(context, {
    inset(box: { x: number; y: number; width: number; height: number }, fine: number, draw: (pen: Pen) => void) {
      const inner = document.createElement('canvas');
      inner.width = Math.round(box.width * fine);
      inner.height = Math.round(box.height * fine);
      const pen = inner.getContext('2d');
      if (pen) draw(pen);
      context.imageSmoothingEnabled = false;
      context.drawImage(inner, box.x, box.y, box.width, box.height);
    },
  });
  return { paper, canvas };
}

/** Paper whose `text()` is an SVG file: letters stay letters and lines lines; pictures are embedded as PNG. */
export function vectorPaper(width: number, height: number): { readonly paper: Paper; text(title: string): string } {
  const parts: string[] = [];
  return {
    paper: createVector(width, height, parts),
    text: (title) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" viewBox="0 0 ${String(width)} ${String(height)}" font-family="sans-serif" role="img">\n<title>${escaped(title)}</title>\n${parts.join('\n')}\n</svg>\n`,
  };
}

function createVector(width: number, height: number, parts: string[]): Paper {
  let state = {
    fillStyle: '#000', strokeStyle: '#000', lineWidth: 1, lineJoin: 'miter', font: '10px sans-serif', textAlign: 'start', textBaseline: 'alphabetic',
    imageSmoothingEnabled: true, imageSmoothingQuality: 'low', dash: '',
  };
  const kept: (typeof state)[] = [];
  const label = (kind: 'fill' | 'stroke', words: string, x: number, y: number, room?: number): void => {
    const [, weight = '', size = '10'] = /^(?:(bold|\d{3})\s+)?([\d.]+)px/.exec(state.font) ?? [];
    const anchor = { start: 'start', left: 'start', center: 'middle', right: 'end', end: 'end' }[state.textAlign] ?? 'start';
    const middle = state.textBaseline === 'middle' ? ' dominant-baseline="central"' : '';
    const long = room === undefined ? false : words.length * Number(size) * 0.55 > room;
    const fit = long ? ` textLength="${number(room ?? 0)}" lengthAdjust="spacingAndGlyphs"` : '';
    const paint = kind === 'fill' ? colour('fill', state.fillStyle) : `fill="none" ${colour('stroke', state.strokeStyle)} stroke-width="${number(state.lineWidth)}" stroke-linejoin="${state.lineJoin}"`;
    parts.push(`<text x="${number(x)}" y="${number(y)}" font-size="${size}"${weight ? ` font-weight="${weight}"` : ''} text-anchor="${anchor}"${middle}${fit} ${paint}>${escaped(words)}</text>`);
  };
  const methods = {
    canvas: { width, height },
    clearRect: () => undefined,
    fillRect: (x: number, y: number, w: number, h: number) => void parts.push(`<rect ${box(x, y, w, h)} ${colour('fill', state.fillStyle)}/>`),
    strokeRect: (x: number, y: number, w: number, h: number) =>
      void parts.push(`<rect ${box(x, y, w, h)} fill="none" ${colour('stroke', state.strokeStyle)} stroke-width="${number(state.lineWidth)}"${state.dash ? ` stroke-dasharray="${state.dash}"` : ''}/>`),
    fillText: (words: string, x: number, y: number, room?: number) => label('fill', words, x, y, room),
    strokeText: (words: string, x: number, y: number, room?: number) => label('stroke', words, x, y, room),
    setLineDash: (dash: number[]) => void (state.dash = dash.map(number).join(' ')),
    save: () => void kept.push({ ...state }),
    restore: () => void (state = kept.pop() ?? state),
    drawImage: (image: HTMLCanvasElement, x: number, y: number, w: number, h: number) =>
      void parts.push(`<image ${box(x, y, w, h)} preserveAspectRatio="none"${state.imageSmoothingEnabled ? '' : ' image-rendering="pixelated"'} href="${image.toDataURL()}"/>`),
    inset(at: { x: number; y: number; width: number; height: number }, ratio: number, draw: (pen: Pen) => void) {
      const [innerWidth, innerHeight] = [Math.round(at.width * ratio), Math.round(at.height * ratio)];
      parts.push(`<svg ${box(at.x, at.y, at.width, at.height)} viewBox="0 0 ${String(innerWidth)} ${String(innerHeight)}" preserveAspectRatio="none">`);
      draw(createVector(innerWidth, innerHeight, parts));
      parts.push('</svg>');
    },
  };
  // The settings of a context are its properties: they go to the state that `save` keeps.
  const pen: object = Object.create(methods);
  for (const key of ['fillStyle', 'strokeStyle', 'lineWidth', 'lineJoin', 'font', 'textAlign', 'textBaseline', 'imageSmoothingEnabled', 'imageSmoothingQuality'] as const)
    Object.defineProperty(pen, key, { get: () => state[key], set: (value: never) => void (state = { ...state, [key]: value }) });
  return pen as Paper;
}

function box(x: number, y: number, width: number, height: number): string {
  return `x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}"`;
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** A colour as every reader of SVG knows it: the opacity beside it. */
function colour(kind: 'fill' | 'stroke', style: string): string {
  const parts = /^rgba?\(([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)(?:\s*[/,]\s*([\d.e-]+))?\)$/.exec(style);
  if (!parts) return `${kind}="${escaped(style)}"`;
  const [, red, green, blue, alpha] = parts;
  return `${kind}="rgb(${String(red)},${String(green)},${String(blue)})"${alpha === undefined ? '' : ` ${kind}-opacity="${number(Number(alpha))}"`}`;
}

function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/[&<>"]/g, (sign) => `&#${String(sign.charCodeAt(0))};`);
}
