import * as l10n from '@vscode/l10n';
import { UserError } from '../userError';
import { partFile, type Origin, type PartFile } from './partFile';
import { refusalOf } from './refusal';
import { withoutSecrets } from './source';
import type { Reply, Web } from './web';

type OnBytes = (size: number, total?: number) => void;

/** A file to fetch. */
export interface Wanted {
  readonly url: URL;
  /** What messages call it: the repository, or the address. */
  readonly model: string;
  readonly revision?: string;
  readonly bytes?: number;
  /** Either of them, as the hub lists it; the answer's headers may tell the first, too. */
  readonly sha256?: string;
  readonly gitOid?: string;
  /** Fails when there is no room for so many bytes more; asked where the size is only known from the answer. */
  readonly room?: (bytes: number) => Promise<void>;
}

export interface Fetched {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Fetches one file into `FILE.part`, from where an earlier try stopped, and gives it its name when its hash is right.
 * Aborted or failed, what has arrived stays.
 *
 * @param onBytes hears how much of the file is there, and of how much where that is known
 * @throws UserError
 */
export async function download(web: Web, wanted: Wanted, file: string, onBytes: OnBytes): Promise<Fetched> {
  const part = partFile(file);
  await part.reopen();
  let most = 0;
  for (let failures = 0; ; ) {
    try {
      const { size, expected } = await receive(web, wanted, part, onBytes);
      const sha256 = await verify(part, size, expected, web.signal);
      await part.finish();
      return { bytes: size, sha256 };
    } catch (error) {
      const { bytes } = await part.kept(originOf(wanted));
      // Whatever came further than ever before has earned new patience.
      failures = bytes > most ? 1 : failures + 1;
      most = Math.max(most, bytes);
      await web.pause(error, wanted.url.host, failures);
    }
  }
}

interface Received {
  readonly size: number;
  /** With the hash that the answer told, if the listing had none. */
  readonly expected: Wanted;
}

/** One answer: what it adds to the part. Throws when it ends too early. */
async function receive(web: Web, wanted: Wanted, part: PartFile, onBytes: OnBytes): Promise<Received> {
  const kept = await part.kept(originOf(wanted));
  if (kept.bytes > 0 && kept.bytes === wanted.bytes) return { size: kept.bytes, expected: wanted };
  const asked = kept.bytes > 0 ? { range: `bytes=${kept.bytes}-`, ...(kept.etag === undefined ? {} : { 'if-range': kept.etag }) } : {};
  const reply = await web.get(wanted.url, asked);
  const { response } = reply;
  if (response.status === 416 && kept.bytes > 0) {
    await response.body?.cancel();
    await part.discard();
    return receive(web, wanted, part, onBytes);
  }
  if (!response.ok) throw refusalOf(response, { model: wanted.model, endpoint: web.endpoint, withToken: web.withToken, ...(wanted.revision === undefined ? {} : { revision: wanted.revision }) });
  demandFile(response, wanted);
  const from = continues(response, kept.bytes) ? kept.bytes : 0;
  const expected = { ...wanted, ...linkedHash(reply, wanted) };
  const total = expected.bytes ?? totalOf(response, from);
  if (total !== undefined) await wanted.room?.(total - from);
  // What goes on is noted already; the body waits for the disk as little as can be.
  if (from === 0) await part.begin({ ...originOf(wanted), ...strongEtag(response) });
  if (!response.body) throw new TypeError('an answer without a body');
  const size = await part.append(within(response.body, from, total, wanted), from, (bytes) => onBytes(bytes, total));
  if (total !== undefined && size < total) throw new TypeError(l10n.t('{0} of {1} bytes arrived', size, total));
  return { size, expected };
}

function originOf({ url, sha256 }: Wanted): Origin {
  return { url: withoutSecrets(url), ...(sha256 === undefined ? {} : { sha256 }) };
}

/** Whether an answer goes on exactly where the part ends. Any other one is the whole file. */
function continues(response: Response, from: number): boolean {
  return response.status === 206 && new RegExp(`^bytes ${from}-`).test(response.headers.get('content-range') ?? '');
}

function totalOf(response: Response, from: number): number | undefined {
  // The length is that of the packed body, if it is packed.
  if (response.headers.has('content-encoding')) return undefined;
  const length = response.headers.get('content-length');
  return length === null ? undefined : from + Number(length);
}

function strongEtag(response: Response): { etag?: string } {
  const etag = response.headers.get('etag');
  return etag === null || etag.startsWith('W/') ? {} : { etag };
}

/** The hub tells the SHA-256 of large files as the ETag of what it links to. */
function linkedHash({ first }: Reply, { sha256 }: Wanted): { sha256?: string } {
  const linked = /^"?([0-9a-f]{64})"?$/.exec(first.get('x-linked-etag') ?? '')?.[1];
  return sha256 === undefined && linked !== undefined ? { sha256: linked } : {};
}

/** A login page or an error page that calls itself a success. */
function demandFile(response: Response, { url }: Wanted): void {
  if (/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) throw new UserError(l10n.t('{0} is a web page, not a model. The address must be that of the file itself.', withoutSecrets(url)));
}

/** Stops a body that is longer than it may be, before it fills the disk. */
async function* within(body: ReadableStream<Uint8Array>, from: number, total: number | undefined, { url }: Wanted): AsyncGenerator<Uint8Array> {
  let size = from;
  for await (const chunk of body) {
    size += chunk.length;
    if (total !== undefined && size > total) throw new UserError(l10n.t('{0} sends more than the {1} bytes that the file has.', url.host, total));
    yield chunk;
  }
}

/** Compares the part with what it should be: the SHA-256 of large files, Git's hash of the others. */
async function verify(part: PartFile, size: number, wanted: Wanted, signal: AbortSignal): Promise<string> {
  const sha256 = await part.digest('sha256', size, signal);
  const [found, right] = await checksums(sha256, part, size, wanted, signal);
  if (found === right && (wanted.bytes ?? size) === size) return sha256;
  await part.discard();
  throw new UserError(l10n.t('{0} arrived damaged: its checksum is {1} and should be {2}. It has been thrown away; try again.', withoutSecrets(wanted.url), found, right));
}

async function checksums(own: string, part: PartFile, size: number, { sha256, gitOid }: Wanted, signal: AbortSignal): Promise<[found: string, right: string]> {
  if (sha256 !== undefined) return [own, sha256];
  if (gitOid !== undefined) return [await part.digest('git', size, signal), gitOid];
  return [own, own];
}
