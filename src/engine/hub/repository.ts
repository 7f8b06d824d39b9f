import * as l10n from '@vscode/l10n';
import { editDistance } from '../config/nearest';
import { UserError } from '../userError';
import { CATALOGUE } from './catalogue';
import { NoSuchModel, refusalOf } from './refusal';
import type { Source } from './source';
import type { Web } from './web';

export interface HubFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 in hexadecimal, of files in large-file storage. */
  readonly sha256?: string;
  /** Git's hash of the others. */
  readonly gitOid?: string;
}

/** A repository at one commit, so that its files belong together whatever is pushed meanwhile. */
export interface Repository {
  readonly repo: string;
  readonly commit: string;
  readonly licence?: string;
  readonly files: readonly HubFile[];
}

type RepoSource = Extract<Source, { kind: 'repo' }>;

/**
 * Asks the hub what a repository holds, by the official client.
 *
 * @throws NoSuchModel with the names that are near; TokenNeeded; UserError.
 */
export async function readRepository(web: Web, { repo, revision = 'main' }: RepoSource): Promise<Repository> {
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const options = { hubUrl: trimmed(web.endpoint), fetch: fetchFor(web, repo, revision) };
  try {
    const info = await modelInfo({ name: repo, revision, additionalFields: ['sha', 'tags'], ...options });
    const commit = commitOf(info.sha, repo);
    const files: HubFile[] = [];
    for await (const entry of listFiles({ repo: { type: 'model', name: repo }, revision: commit, recursive: true, ...options })) if (entry.type === 'file') files.push(fileOf(entry));
    const licence = info.tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
    return { repo, commit, files, ...(licence === undefined ? {} : { licence }) };
  } catch (error) {
    if (error instanceof NoSuchModel) throw await withNames(error, web, repo);
    if (error instanceof SyntaxError || error instanceof TypeError) throw new UserError(l10n.t('{0} does not answer as the Hugging Face Hub does. Is HF_ENDPOINT right, and does no login page of a network stand in between?', web.endpoint.host));
    throw error;
  }
}

/** Where a file of a repository is fetched. */
export function addressOf({ repo, commit }: Repository, path: string, endpoint: URL): URL {
  return new URL(`${trimmed(endpoint)}/${repo}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`);
}

interface Entry {
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

function fileOf({ path, size, oid, lfs }: Entry): HubFile {
  if (lfs) return { path, bytes: lfs.size, sha256: lfs.oid.replace(/^sha256:/, '') };
  return { path, bytes: size, ...(oid === undefined ? {} : { gitOid: oid }) };
}

/** The commit becomes part of addresses. */
function commitOf(sha: string | undefined, repo: string): string {
  if (sha !== undefined && /^[0-9a-f]{40,64}$/.test(sha)) return sha;
  throw new UserError(l10n.t('The hub names no commit of {0}; it cannot be fetched safely.', repo));
}

/** The client's requests go our way: proxy, token, patience; and what is refused is told in our words. */
function fetchFor(web: Web, model: string, revision?: string): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    const headers = Object.fromEntries(new Headers(init?.headers).entries());
    const { response } = await web.get(url, headers);
    if (!response.ok) throw refusalOf(response, { model, endpoint: web.endpoint, withToken: web.withToken, ...(revision === undefined ? {} : { revision }) });
    return response;
  };
}

const NEAR = 5;

async function withNames(error: NoSuchModel, web: Web, repo: string): Promise<NoSuchModel> {
  const found = await namesNear(repo, web);
  return found.length === 0 ? error : new NoSuchModel(`${error.message} ${l10n.t('Did you mean {0}?', found.join(', '))}`);
}

/** Names like a wrong one, nearest first: the catalogue's, and what the hub finds for its parts. */
async function namesNear(repo: string, web: Web): Promise<string[]> {
  const { listModels } = await import('@huggingface/hub');
  const known = CATALOGUE.map((model) => model.repo);
  const found = new Set(known.filter((name) => distanceOf(name, repo) <= repo.length / 3));
  try {
    const search = { query: repo.split('/')[1]!.split('.')[0]! };
    for await (const { name } of listModels({ search, limit: 20, hubUrl: trimmed(web.endpoint), fetch: fetchFor(web, repo) })) found.add(name);
  } catch {
    // The names are a kindness: what went wrong with the model itself is what has to be told.
    web.signal.throwIfAborted();
  }
  const distance = new Map([...found].map((name) => [name, distanceOf(name, repo)]));
  return [...found].sort((a, b) => distance.get(a)! - distance.get(b)!).slice(0, NEAR);
}

/** A name that was not written to its end is the nearest of all. */
function distanceOf(name: string, given: string): number {
  const [a, b] = [name.toLowerCase(), given.toLowerCase()];
  return a.startsWith(b) ? 0 : editDistance(a, b);
}

function trimmed(endpoint: URL): string {
  return endpoint.href.replace(/\/+$/, '');
}
