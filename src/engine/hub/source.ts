import * as l10n from '@vscode/l10n';
import { UserError } from '../userError';
import { conversion } from '../weights/foreign';
import { CATALOGUE } from './catalogue';

/** Where a model comes from. */
export type Source =
  | {
      readonly kind: 'repo';
      /** Owner and name. */
      readonly repo: string;
      /** A branch, tag or commit; the main branch without it. */
      readonly revision?: string;
      /** One weights file of several. */
      readonly weights?: string;
    }
  | { readonly kind: 'url'; readonly url: URL; readonly sha256?: string };

export const HUB = 'https://huggingface.co';
const PART = /^[\w-][\w.-]*$/;
/** `owner/name` within an address of the hub, then `/tree/REV`, `/blob/REV/FILE` or `/resolve/REV/FILE`. */
const PAGE = /^\/([^/]+)\/([^/]+)(?:\/(tree|blob|resolve)\/([^/]+)(?:\/(.+))?)?\/?$/;

/**
 * Reads what the user calls a model: a name of the catalogue, `owner/name`, `hf-hub:owner/name@revision` as timm writes
 * it, the address of a page of the hub, or the address of a weights file anywhere.
 *
 * @throws UserError
 */
export function parseSource(text: string, endpoint: URL): Source {
  const given = text.trim();
  if (/^[a-z][\w+.-]*:\/\//i.test(given)) return fromAddress(given, endpoint);
  const [name = '', revision] = given.replace(/^hf[-_]hub:/, '').split('@');
  const repo = fullName(name);
  if (repo === undefined)
    throw new UserError(l10n.t('“{0}” is no name of a model. Write OWNER/NAME as on the Hugging Face Hub, an https address, or a name that `vit-lab get --list` shows.', given));
  return { kind: 'repo', repo, ...(revision ? { revision } : {}) };
}

/** Names without owner are those of the catalogue. */
function fullName(name: string): string | undefined {
  const parts = name.split('/');
  if (parts.length === 2 && parts.every(isPart)) return name;
  return CATALOGUE.find(({ repo }) => repo.endsWith(`/${name}`))?.repo;
}

/** A part that is safe as a name of a folder, too. */
function isPart(part: string): boolean {
  return PART.test(part) && part.length <= 96 && !part.includes('..') && !part.endsWith('.');
}

function fromAddress(given: string, endpoint: URL): Source {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url) throw new UserError(l10n.t('{0} is no address.', given));
  demandSafe(url);
  if (url.host === endpoint.host || url.host === new URL(HUB).host) return fromPage(url);
  const pickle = /[^/]+\.(pth?|bin|pkl|ckpt)$/i.exec(decodeURIComponent(url.pathname))?.[0];
  if (pickle !== undefined) throw new UserError(l10n.t('{0} is a Python pickle, which can run code when it is opened; ViT Lab never fetches one. {1}', withoutSecrets(url), conversion(pickle)));
  if (!/\.(safetensors|npz)$/i.test(url.pathname)) throw new UserError(l10n.t('{0} is no address of a .safetensors or .npz file, nor of a model on the Hugging Face Hub.', withoutSecrets(url)));
  const { hash } = url;
  url.hash = '';
  const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(hash)?.[1]?.toLowerCase();
  return { kind: 'url', url, ...(sha256 === undefined ? {} : { sha256 }) };
}

function fromPage(url: URL): Source {
  const [, owner = '', name = '', , revision, file] = PAGE.exec(decodeURI(url.pathname)) ?? [];
  if (!isPart(owner) || !isPart(name)) throw new UserError(l10n.t('{0} is no page of a model. Such an address looks like {1}.', url.href, `${url.origin}/OWNER/NAME`));
  return { kind: 'repo', repo: `${owner}/${name}`, ...(revision ? { revision: decodeURIComponent(revision) } : {}), ...(file && file !== 'model.safetensors' ? { weights: file } : {}) };
}

/**
 * Refuses addresses over which anybody on the way could change a model or read a token.
 *
 * @throws UserError
 */
export function demandSafe(url: URL): void {
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) throw new UserError(l10n.t('{0} is not https. Models are fetched over https only (http from this machine itself).', withoutSecrets(url)));
}

/** An address as it may be shown: a password in it stays out. */
export function withoutSecrets(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href;
}

/** The hub to ask: `HF_ENDPOINT` as in the official client, for a mirror. */
export function endpointOf(env: Readonly<Record<string, string | undefined>> = process.env): URL {
  const given = env['HF_ENDPOINT'] || HUB;
  if (!URL.canParse(given)) throw new UserError(l10n.t('The environment variable HF_ENDPOINT is no address: {0}', given));
  // The mirror may lie under a path; what is resolved against it keeps that only behind a slash.
  const url = new URL(`${given.replace(/\/+$/, '')}/`);
  demandSafe(url);
  return url;
}

/** The name of the model's folder. */
export function folderName(source: Source): string {
  if (source.kind === 'url') return stem(decodeURIComponent(source.url.pathname)) || source.url.hostname;
  const name = source.repo.split('/')[1]!;
  return source.weights === undefined ? name : `${name}-${stem(source.weights)}`;
}

/** The name of a weights file as one of a folder. */
function stem(file: string): string {
  const name = file.split('/').at(-1) ?? '';
  return name.replace(/\.(safetensors|npz)$/i, '').replace(/[^\w.-]+/g, '-').replace(/^[.-]+|\.+$/g, '');
}

/** The source as it is written in the folder and shown. */
export function sourceName(source: Source): string {
  if (source.kind === 'url') return withoutSecrets(source.url);
  return source.weights === undefined ? source.repo : `${source.repo}/${source.weights}`;
}
