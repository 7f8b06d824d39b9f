import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { DownloadProgress, GotModel, ModelQuestion } from '../../protocol';
import { disk } from '../atomic';
import { UserError } from '../userError';
import { download, type Fetched, type Wanted } from './download';
import { neededFiles, shardsOf, type Needed } from './files';
import { isComplete, openDraft, readRecord, type Draft, type ModelRecord } from './modelFolder';
import { createMeter, type Meter } from './meter';
import { addressOf, readRepository, type HubFile, type Repository } from './repository';
import { endpointOf, folderName, parseSource, sourceName, type Source } from './source';
import { openWeb, type Web } from './web';

export interface GetOptions {
  readonly signal: AbortSignal;
  readonly progress: (value: DownloadProgress) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds before the second try. */
  readonly retryMs?: number;
}

/**
 * Fetches a published model into a folder, which appears when it is complete. What an interrupted download has fetched
 * is kept beside it and used by the next one.
 *
 * @throws UserError that says what to do; TokenNeeded when the hub wants to know who asks.
 */
export async function getModel(question: ModelQuestion, { signal, progress, env = process.env, retryMs }: GetOptions): Promise<GotModel> {
  const endpoint = endpointOf(env);
  const source = revised(parseSource(question.source, endpoint), question.revision);
  const target = path.resolve(question.to ?? path.join(question.models, folderName(source)));
  const there = await alreadyThere(source, target);
  if (there) return there;
  const meter = createMeter(progress);
  const token = question.token ?? env['HF_TOKEN'];
  const { proxy, noProxy } = question;
  const given = { ...(token ? { token } : {}), ...(proxy === undefined ? {} : { proxy }), ...(noProxy === undefined ? {} : { noProxy }), ...(retryMs === undefined ? {} : { retryMs }) };
  const web = await openWeb({ endpoint, folder: target, signal, onWait: (message) => meter.say(message), ...given });
  try {
    return await fetchInto(target, source, web, meter);
  } finally {
    await web.close();
  }
}

function revised(source: Source, revision: string | undefined): Source {
  if (revision === undefined) return source;
  if (source.kind === 'url') throw new UserError(l10n.t('An address has no revisions; those are of the hub.'));
  return { ...source, revision };
}

/** A model that lies there is not fetched again, online or not; anything else of that name is not touched. */
async function alreadyThere(source: Source, target: string): Promise<GotModel | undefined> {
  const record = await readRecord(target);
  if (record === undefined) return undefined;
  if (record === null) {
    if ((await disk.readdir(target).catch(() => ['?'])).length === 0) return undefined;
    throw new UserError(l10n.t('{0} is there already and holds something else. Choose another folder (--to), or move it away.', target));
  }
  const revision = source.kind === 'repo' ? source.revision : undefined;
  if (record.source !== sourceName(source)) throw new UserError(l10n.t('{0} holds {1} already. Choose another folder (--to), or move it away.', target, record.source));
  if (revision !== undefined && revision !== record.revision && revision !== record.commit)
    throw new UserError(l10n.t('{0} holds {1} at the revision {2} already. Choose another folder (--to), or move it away.', target, record.source, record.revision ?? record.commit ?? '?'));
  if (!(await isComplete(target, record))) throw new UserError(l10n.t('Files are missing in {0}, or are not as they were downloaded. Move the folder away to get the model anew.', target));
  return got(record, target, true);
}

async function fetchInto(target: string, source: Source, web: Web, meter: Meter): Promise<GotModel> {
  // The hub is asked before anything is written: a name that is wrong leaves nothing behind.
  const repository = source.kind === 'repo' ? await readRepository(web, source) : undefined;
  const needed = repository && neededFiles(repository, source.kind === 'repo' ? source.weights : undefined);
  const draft = await openDraft(target);
  try {
    const fetched = repository && needed ? await fetchRepository(repository, needed, { draft, web, meter }) : await fetchAddress(source, { draft, web, meter });
    const record: ModelRecord = {
      source: sourceName(source),
      revision: source.kind === 'repo' ? (source.revision ?? 'main') : null,
      commit: repository?.commit ?? null,
      licence: repository?.licence ?? null,
      downloaded: new Date().toISOString(),
      files: [...fetched].map(([name, file]) => ({ name, ...file })),
    };
    web.signal.throwIfAborted();
    await draft.publish(record, target);
    return got(record, target, false);
  } finally {
    await draft.release();
  }
}

interface Tools {
  readonly draft: Draft;
  readonly web: Web;
  readonly meter: Meter;
}

type FetchedFiles = ReadonlyMap<string, Fetched>;

async function fetchRepository(repository: Repository, { files, index }: Needed, tools: Tools): Promise<FetchedFiles> {
  const { draft, web } = tools;
  const fetchOne = (file: HubFile): Promise<Fetched> => fetchFile(file.path, wantedOf(file, repository, web.endpoint), tools);
  const done = new Map<string, Fetched>();
  const all = [...files];
  if (index) {
    tools.meter.expect(index.bytes);
    done.set(index.path, await fetchOne(index));
    all.push(...shardsOf(await disk.readFile(path.join(draft.folder, index.path), 'utf8'), repository));
  }
  tools.meter.expect(all.reduce((sum, { bytes }) => sum + bytes, index?.bytes ?? 0));
  await draft.demandSpace(await missing(all, draft.folder));
  for (const file of all) done.set(path.basename(file.path), await fetchOne(file));
  return done;
}

/** Bytes of the files that are not on the disk yet, parts counted. */
async function missing(files: readonly HubFile[], folder: string): Promise<number> {
  const size = (name: string): Promise<number> => disk.stat(path.join(folder, name)).then((stats) => stats.size, () => 0);
  const left = files.map(async ({ path: name, bytes }) => Math.max(0, bytes - (await size(path.basename(name))) - (await size(`${path.basename(name)}.part`))));
  return (await Promise.all(left)).reduce((sum, bytes) => sum + bytes, 0);
}

async function fetchAddress(source: Source, tools: Tools): Promise<FetchedFiles> {
  if (source.kind !== 'url') throw new TypeError('a repository is no address');
  const { url, sha256 } = source;
  const name = `model${path.posix.extname(url.pathname).toLowerCase()}`;
  return new Map([[name, await fetchFile(name, { url, model: sourceName(source), room: (bytes) => tools.draft.demandSpace(bytes), ...(sha256 === undefined ? {} : { sha256 }) }, tools)]]);
}

/** A file that an interrupted download has finished, and that is still the same, is not fetched twice. */
async function fetchFile(name: string, wanted: Wanted, { draft, web, meter }: Tools): Promise<Fetched> {
  meter.begin(name);
  const file = path.join(draft.folder, path.basename(name));
  const fetched = await download(web, wanted, file, (size, total) => {
    if (wanted.bytes === undefined) meter.expect(total ?? size);
    meter.set(size);
  });
  meter.end(fetched.bytes);
  return fetched;
}

function wantedOf(file: HubFile, repository: Repository, endpoint: URL): Wanted {
  const { sha256, gitOid, bytes } = file;
  return {
    url: addressOf(repository, file.path, endpoint),
    model: repository.repo,
    revision: repository.commit,
    bytes,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(gitOid === undefined ? {} : { gitOid }),
  };
}

function got({ source, commit, licence, files }: ModelRecord, folder: string, reused: boolean): GotModel {
  return { source, folder, commit, licence, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), files, reused };
}
