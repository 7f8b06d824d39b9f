import { expect, test } from 'vitest';
import { renderPage, type PageParts } from '../src/host/panels/page';

const parts: PageParts = {
  name: 'inspector',
  title: 'ViT Inspector',
  language: 'es',
  texts: { 'Layer {0}': 'Capa {0}' },
  cspSource: 'https://*.vscode-cdn.net',
  script: 'https://x.vscode-cdn.net/inspector.js',
  style: 'https://x.vscode-cdn.net/inspector.css',
};

function policyOf(html: string): Map<string, string> {
  const escaped = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
  const text = escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  return new Map(text.split('; ').map((rule): [string, string] => [rule.split(' ')[0] ?? '', rule]));
}

test('allows nothing but our own style, pictures and the script of a fresh nonce', () => {
  const policy = policyOf(renderPage(parts));
  expect(policy.get('default-src')).toBe("default-src 'none'");
  expect(policy.get('style-src')).toBe(`style-src ${parts.cspSource}`);
  expect(policy.get('img-src')).toBe(`img-src ${parts.cspSource} data: blob:`);
  expect([...policy.keys()].sort()).toEqual(['default-src', 'font-src', 'img-src', 'script-src', 'style-src']);
  expect([...policy.values()].join(' ')).not.toMatch(/unsafe|\*(?!\.vscode-cdn\.net)|http:/);
});

test('the nonce has at least 128 bits, is new each time, and is on every script', () => {
  const nonces = Array.from({ length: 50 }, () => /'nonce-([^']+)'/.exec(policyOf(renderPage(parts)).get('script-src') ?? '')?.[1] ?? '');
  expect(new Set(nonces).size).toBe(50);
  for (const nonce of nonces) expect(Buffer.from(nonce, 'base64').length).toBeGreaterThanOrEqual(16);
  const html = renderPage(parts);
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html.match(/<script [^>]*nonce="/g)).toHaveLength(2);
});

test('has no inline style or handler, which the policy would block', () => {
  expect(renderPage(parts)).not.toMatch(/\sstyle=|\son\w+=|<style/);
});

test.each(['</script><img src=x onerror=alert(1)>', '<!--<script>', '"><svg onload=1>', "'&quot;"])('a hostile text stays text: %s', (hostile) => {
  const html = renderPage({ ...parts, title: hostile, language: hostile, texts: { [hostile]: hostile }, script: hostile, style: hostile });
  const json = /<script type="application\/json"[^>]*>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  expect(JSON.parse(json)).toEqual({ [hostile]: hostile });
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html.replace(/>\{.*\}</s, '><')).not.toMatch(/<img|<svg|onload=1>(?!&)/);
});
