import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import type { MlflowCredentials } from '../../trackingProtocol';
import { codeOf } from '../atomic';
import { isLoopback, type Server } from './access';
import { answerFailure, connectionFailure, notMlflow, Refused } from './failure';

export interface HttpOptions {
  readonly server: Server;
  readonly signal: AbortSignal;
  /** Milliseconds that a server may take for an answer. */
  readonly timeout?: number;
}

/** What a request carries. */
export type Body = { readonly json: unknown } | { readonly file: string } | { readonly bytes: Uint8Array };

/** Asks one server; what it answers that is no success is an error for the user. */
export interface Http {
  readonly server: Server;
  readonly signal: AbortSignal;
  /**
   * @param path below the address of the server, e.g. `/api/2.0/mlflow/runs/create`
   * @returns the answer's JSON
   * @throws Unavailable what may pass; UserError what does not
   */
  ask(method: 'GET' | 'POST' | 'PATCH' | 'PUT', path: string, body?: Body): Promise<unknown>;
  close(): Promise<void>;
}

const TIMEOUT = 30_000;
/** An answer of MLflow's is some kilobytes; a page of a stranger may be anything. */
const LONGEST_ANSWER = 8 * 2 ** 20;

/** Endpoints that make something new with each request. */
const MAKES = /\/create$|\/logged-models$/;

function wasClosed(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

export async function openHttp({ server, signal, timeout = TIMEOUT }: HttpOptions): Promise<Http> {
  // Half a megabyte that nothing else needs is loaded when something is sent.
  const undici = await import('undici');
  const times = { connect: { timeout: Math.min(timeout, 10_000) }, headersTimeout: timeout, bodyTimeout: timeout };
  // What a proxy is for lies outside this machine.
  const dispatcher: Dispatcher = isLoopback(server.uri) ? new undici.Agent(times) : new undici.EnvHttpProxyAgent(times);
  const { host } = new URL(server.uri);
  const headers = { 'user-agent': 'vit-lab', accept: 'application/json', ...authorization(server.credentials) };
  const once: Http['ask'] = async (method, path, body) => {
    const sent = await carried(body);
    // undici's own `request` follows no redirection: a server that sends elsewhere, to a page where one logs in, gets no credentials there.
    const answer = await undici.request(`${server.uri}${path}`, { method, headers: { ...headers, ...sent.headers }, ...(sent.body !== undefined && { body: sent.body }), dispatcher, signal });
    const text = await textOf(answer.body);
    if (answer.statusCode >= 300 && answer.statusCode < 400) throw new Refused(notMlflow(host, answer.statusCode), answer.statusCode, '', '');
    if (answer.statusCode >= 300) throw answerFailure(answer.statusCode, text, { host, withCredentials: server.credentials !== undefined, retryAfter: headerOf(answer.headers['retry-after']) });
    return parsed(text, host, answer.statusCode);
  };
  const ask: Http['ask'] = async (method, path, body) => {
    try {
      // A connection that was kept for the next request may be closed by the time there is one. What makes something is not
      // asked twice: it may have been made.
      return await once(method, path, body).catch((error: unknown) => {
        if (!wasClosed(error) || MAKES.test(path)) throw error;
        return once(method, path, body);
      });
    } catch (error) {
      signal.throwIfAborted();
      throw connectionFailure(error, host);
    }
  };
  return { server, signal, ask, close: () => dispatcher.destroy() };
}

function authorization(credentials: MlflowCredentials | undefined): { readonly authorization?: string } {
  if (credentials?.token) return { authorization: `Bearer ${credentials.token}` };
  if (!credentials?.user) return {};
  return { authorization: `Basic ${Buffer.from(`${credentials.user}:${credentials.password ?? ''}`).toString('base64')}` };
}

/** A file is read while it is sent. */
async function carried(body: Body | undefined): Promise<{ readonly body?: Parameters<Dispatcher['request']>[0]['body']; readonly headers: Record<string, string> }> {
  if (body === undefined) return { headers: {} };
  if ('json' in body) return { body: JSON.stringify(body.json), headers: { 'content-type': 'application/json' } };
  if ('bytes' in body) return { body: body.bytes, headers: { 'content-type': 'application/octet-stream' } };
  const { size } = await stat(body.file);
  const type = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
  // A log may grow meanwhile: sent is what was there.
  return size === 0 ? { body: '', headers: type } : { body: createReadStream(body.file, { end: size - 1 }), headers: type };
}

async function textOf(body: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    length += (part as Buffer).length;
    if (length <= LONGEST_ANSWER) parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

function headerOf(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** An upload answers with nothing, all else with JSON; a page in HTML comes from somebody else. */
function parsed(text: string, host: string, status: number): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(notMlflow(host, status), status, '', '');
  }
}

