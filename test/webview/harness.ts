/** Opens one webview in a plain headless browser, with made-up data, under the policy and the colours that VS Code gives it. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import type { Scene } from './fakeHost';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
export type ThemeName = 'dark' | 'light' | 'hc' | 'hc-light';
const themes = JSON.parse(readFileSync(path.join(here, 'themes.json'), 'utf8')) as Readonly<
  Record<ThemeName, { readonly class: string; readonly variables: Readonly<Record<string, string>> }>
>;

export interface Bundles {
  readonly host: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Builds the webviews and the host that plays against them, in memory. */
export async function buildWebviews(): Promise<Bundles> {
  const options = { bundle: true, write: false, platform: 'browser', format: 'iife', target: 'es2023', absWorkingDir: root, logLevel: 'error' } as const;
  const entryPoints = ['inspector', 'standalone', 'compare', 'results', 'evaluation', 'gallery', 'sweep', 'preview', 'glossary'].map((view) => `webview/${view}/${view}.ts`).filter((file) => existsSync(path.join(root, file)));
  const [views, host] = await Promise.all([
    build({ ...options, entryPoints, outdir: 'out', outbase: 'webview' }),
    build({ ...options, entryPoints: ['test/webview/fakeHost.ts'], outfile: 'out/fakeHost.js' }),
  ]);
  return {
    host: host.outputFiles[0]?.text ?? '',
    files: new Map(views.outputFiles.map((file) => [path.basename(file.path), file.text])),
  };
}

/** How many times slower the pages are than this machine: a busier one is played by hand, to see which test only hopes. */
const slower = Number(process.env['VITLAB_SLOW_PAGES'] ?? 1);

/** A secure origin, as VS Code's own webviews have: only there is the clipboard to be had. */
const origin = 'https://webview.invalid';

/** The policy of `src/host/panels/page.ts`, and the style that VS Code itself puts into every webview. */
function pageHtml(view: string, theme: ThemeName, language: string, texts: unknown): string {
  const policy = `default-src 'none'; img-src ${origin} data: blob:; style-src ${origin}; font-src ${origin}; script-src 'nonce-n'`;
  return `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${origin}/vscode.css"><link rel="stylesheet" href="${origin}/${view}.css">
</head><body class="vscode-body ${themes[theme].class}"><div id="app"></div>
<script type="application/json" id="l10n" nonce="n">${JSON.stringify(texts).replaceAll('<', '\\u003c')}</script>
<script nonce="n" src="${origin}/${view}.js"></script></body></html>`;
}

export function themeCss(theme: ThemeName, sidebar: boolean): string {
  const { variables } = themes[theme];
  const lines = Object.entries(variables).map(([name, value]) => `--vscode-${name}: ${value};`);
  const background = sidebar ? variables['sideBar-background'] : variables['editor-background'];
  return `:root { ${lines.join(' ')} --vscode-font-family: system-ui, "Ubuntu", "Droid Sans", sans-serif; --vscode-font-size: 13px; --vscode-editor-font-family: "Droid Sans Mono", monospace; }
html { background: ${background ?? ''}; color-scheme: ${theme === 'dark' || theme === 'hc' ? 'dark' : 'light'}; scrollbar-color: ${variables['scrollbarSlider-background'] ?? ''} ${background ?? ''}; }
@layer vscode-default { body { padding: 0 20px; color: var(--vscode-editor-foreground); font-size: var(--vscode-font-size); } }`;
}

export interface OpenOptions {
  readonly scene: Scene;
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly language?: string;
  readonly texts?: unknown;
}

/** Opens the page and waits until it has its state. `problems` collects script errors and refusals of the policy. */
export async function openWebview(browser: Browser, bundles: Bundles, options: OpenOptions): Promise<{ page: Page; problems: string[] }> {
  const { scene, theme = 'dark' } = options;
  const viewport = { width: options.width ?? 1400, height: options.height ?? 900 };
  const page = await browser.newPage({ viewport });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.route(`${origin}/**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === '') return route.fulfill({ contentType: 'text/html', body: pageHtml(scene.view, theme, options.language ?? 'en', options.texts ?? {}) });
    const contentType = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    const body = name === 'vscode.css' ? themeCss(theme, scene.view === 'compare') : (bundles.files.get(name) ?? '');
    return route.fulfill({ contentType, body });
  });
  await page.addInitScript({ content: `window.scene = ${JSON.stringify(scene)};\n${bundles.host}` });
  if (slower > 1) await (await page.context().newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: slower });
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => (document.getElementById('app')?.childElementCount ?? 0) > 0, undefined, { timeout: 20_000 }).catch(() => {
    throw new Error(`The ${scene.view} stayed empty: ${problems.join('; ')}`);
  });
  await settle(page);
  return { page, problems };
}

/**
 * Waits until nothing is on its way any more: each question of the page is answered and what came is drawn, which may
 * have asked the next question. It begins with a short pause in the page's own time, in which what must not be asked
 * would be asked; a busy machine makes the page slower, and the wait with it.
 */
export function settle(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const frame = (): Promise<unknown> => new Promise(requestAnimationFrame);
    await new Promise((resolve) => setTimeout(resolve, 120));
    // A page that was saved answers itself. What an answer changes is drawn in the next frame, and asks in the one after at the latest.
    for (let quiet = 0; quiet < 3; quiet = (window.unanswered?.() ?? 0) > 0 ? 0 : quiet + 1) await frame();
  });
}

/** A picture file (or a drawn one where there is none) as the inspector gets it: at the model's size, and at the screen's. */
export async function encodePicture(file: string | null, width: number, height: number): Promise<Pick<Scene, 'seen' | 'original'>> {
  const source = file !== null && existsSync(file) ? readFileSync(file) : drawn();
  const encode = async (w: number, h: number): Promise<NonNullable<Scene['seen']>> => {
    const { data } = await sharp(source).rotate().resize(w, h, { fit: 'fill' }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return { width: w, height: h, base64: data.toString('base64') };
  };
  const scale = 768 / Math.max(width, height);
  return { seen: await encode(width, height), original: await encode(Math.round(width * scale), Math.round(height * scale)) };
}

function drawn(): Buffer {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256" fill="#9cc4e4"/>
<rect y="170" width="256" height="86" fill="#5b8c3a"/><circle cx="110" cy="120" r="60" fill="#d9822b"/><circle cx="200" cy="50" r="24" fill="#ffe066"/></svg>`);
}
