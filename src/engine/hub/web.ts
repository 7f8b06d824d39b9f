import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { Dispatcher } from 'undici';
import { UserError } from '../userError';
import { failureOf, Transient, type Route } from './failure';
import { demandSafe, withoutSecrets } from './source';

export interface WebOptions {
  /** The only place that ever sees the token. */
  readonly endpoint: URL;
  readonly token?: string;
  /** Address of a proxy; empty for none, absent for that of the environment (`HTTPS_PROXY`, `NO_PROXY`). */
  readonly proxy?: string;
  readonly noProxy?: string;
  /** Where a model can be put by hand, for the message when nothing can be reached. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Hears why it takes longer. */
  readonly onWait?: (message: string) => void;
  /** Milliseconds before the second try; doubled for each one more. */
  readonly retryMs?: number;
}

export interface Reply {
  readonly response: Response;
  /** Headers of the first answer: the hub tells the file's hash there, not the host to which it sends us. */
  readonly first: Headers;
}

/** Asks servers, over the proxy and with the token, as often as it is worth it. */
export interface Web {
  readonly endpoint: URL;
  readonly withToken: boolean;
  readonly signal: AbortSignal;
  /**
   * Follows redirections. Any status that is no redirection and no passing trouble is returned.
   *
   * @throws UserError when nothing answers, or the server wants too long a pause.
   */
  get(url: URL, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Waits before another try; throws the last failure when there have been enough. */
  pause(failure: unknown, host: string, failures: number): Promise<void>;
  close(): Promise<void>;
}

const TRIES = 5;
/** A name that is not found or a port that is closed seldom heals by itself. */
const TRIES_OFFLINE = 2;
const RETRY_MS = 1000;
/** The longest pause that a server may ask for. */
const LONGEST_PAUSE = 120_000;
const REDIRECTIONS = 5;
const TIMEOUTS = { connect: { timeout: 15_000 }, headersTimeout: 60_000, bodyTimeout: 60_000 };

export async function openWeb(options: WebOptions): Promise<Web> {
  const { endpoint, signal } = options;
  const token = checkToken(options.token);
  // Half a megabyte that nothing else needs is loaded when something is fetched.
  const undici = await import('undici');
  const dispatcher = open(undici, options);
  const fetch = undici.fetch as unknown as (url: URL, init: object) => Promise<Response>;
  const ask = (url: URL, headers: object): Promise<Response> => fetch(url, { headers, redirect: 'manual', dispatcher, signal });
  const route = (host: string): Route => ({ host, folder: options.folder, ...proxyOf(options) });

  const pause = async (error: unknown, host: string, failures: number): Promise<void> => {
    signal.throwIfAborted();
    const failure = failureOf(error, route(host));
    if (!(failure instanceof Transient)) throw failure;
    if (failures >= (failure.offline ? TRIES_OFFLINE : TRIES)) throw failure.final;
    if (failure.after !== undefined && failure.after > LONGEST_PAUSE) throw failure.final;
    const wait = failure.after ?? (options.retryMs ?? RETRY_MS) * 2 ** (failures - 1) * (0.75 + Math.random() / 2);
    options.onWait?.(l10n.t('{0}: {1}; again in {2} s', host, failure.message, Math.ceil(wait / 1000)));
    await sleep(wait, undefined, { signal });
  };
  const get = async (url: URL, headers: Readonly<Record<string, string>> = {}): Promise<Reply> => {
    for (let failures = 0; ; ) {
      try {
        return await follow(url, { ask, endpoint, token, headers });
      } catch (error) {
        await pause(error, url.host, ++failures);
      }
    }
  };
  return { endpoint, withToken: token !== undefined, signal, get, pause, close: () => dispatcher.destroy() };
}

interface Step {
  readonly ask: (url: URL, headers: object) => Promise<Response>;
  readonly endpoint: URL;
  readonly token: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Redirections are followed by hand: the token must not leave the hub, nor the way leave https. */
async function follow(start: URL, { ask, endpoint, token, headers }: Step): Promise<Reply> {
  let url = start;
  let trusted = token !== undefined;
  let first: Headers | undefined;
  for (let hops = 0; hops <= REDIRECTIONS; hops++) {
    trusted &&= url.origin === endpoint.origin;
    const response = await ask(url, { ...headers, 'accept-encoding': 'identity', 'user-agent': 'vit-lab', ...(trusted ? { authorization: `Bearer ${token}` } : {}) });
    first ??= response.headers;
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (location === null) {
      if (passes(response.status)) throw await troubleOf(response, url);
      return { response, first };
    }
    await response.body?.cancel();
    url = new URL(location, url);
    demandSafe(url);
  }
  throw new UserError(l10n.t('{0} sends from one address to the next and never to a file.', start.host));
}

function passes(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

async function troubleOf(response: Response, { host }: URL): Promise<Transient> {
  await response.body?.cancel();
  const { status } = response;
  const after = retryAfter(response.headers.get('retry-after'));
  const wait = after === undefined ? '' : ` ${l10n.t('It wants to be asked again in {0} s.', Math.ceil(after / 1000))}`;
  const final =
    status === 429
      ? new UserError(l10n.t('{0} has had too many requests from here (429).{1} A token (HF_TOKEN) raises the limit.', host, wait))
      : new UserError(l10n.t('{0} has trouble ({1} {2}).{3} Try again later: what has arrived is kept.', host, status, response.statusText, wait));
  return new Transient(`${status} ${response.statusText}`.trim(), final, false, after);
}

/** Milliseconds of a `Retry-After`, which is a number of seconds or a date (RFC 9110, 10.2.3). */
export function retryAfter(value: string | null, now = Date.now()): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function open(undici: typeof import('undici'), { proxy, noProxy }: WebOptions): Dispatcher {
  if (proxy === '') return new undici.Agent(TIMEOUTS);
  const given = proxy === undefined ? {} : { httpProxy: proxy, httpsProxy: proxy };
  try {
    return new undici.EnvHttpProxyAgent({ ...TIMEOUTS, ...given, ...(noProxy === undefined ? {} : { noProxy }) });
  } catch {
    throw new UserError(l10n.t('The address of the proxy is none: {0}. It looks like http://HOST:PORT.', proxy ?? 'HTTPS_PROXY'));
  }
}

function proxyOf({ proxy }: WebOptions, env = process.env): { proxy?: string } {
  const given = proxy ?? env['https_proxy'] ?? env['HTTPS_PROXY'] ?? env['http_proxy'] ?? env['HTTP_PROXY'];
  return given && URL.canParse(given) ? { proxy: withoutSecrets(new URL(given)) } : {};
}

/** A header cannot carry every character, and Node's own message would show the token. */
function checkToken(given: string | undefined): string | undefined {
  const token = given?.trim();
  if (!token) return undefined;
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UserError(l10n.t('The token holds characters that no token of Hugging Face has. It looks like hf_…'));
  return token;
}
