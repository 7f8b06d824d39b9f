import * as l10n from '@vscode/l10n';
import { reasonOf } from '../atomic';
import { UserError } from '../userError';

const OFFLINE = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'UND_ERR_CONNECT_TIMEOUT']);
const UNTRUSTED = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/** A failure that may pass: it is tried again. */
export class Transient extends Error {
  override readonly name = 'Transient';
  constructor(
    message: string,
    /** What to tell when it does not pass. */
    readonly final: UserError,
    readonly offline = false,
    /** Milliseconds after which the server wants to be asked again. */
    readonly after?: number,
  ) {
    super(message);
  }
}

export interface Route {
  readonly host: string;
  /** The proxy on the way, without its password. */
  readonly proxy?: string;
  /** Where a model can be put by hand. */
  readonly folder: string;
}

/** What a failed connection or a broken body means: something to try again, or the error for the user. */
export function failureOf(error: unknown, route: Route): Error {
  if (error instanceof UserError || error instanceof Transient) return error;
  const codes = codesIn(error);
  const code = codes[0] ?? reasonOf(error);
  const refused = /Proxy response \((\d+)\)/.exec(messagesIn(error))?.[1];
  if (refused !== undefined) return new UserError(l10n.t('The proxy {0} answers {1} and lets nothing through. Its address may need a user and a password: http://USER:PASSWORD@HOST:PORT', route.proxy ?? '?', refused));
  const untrusted = codes.find((one) => UNTRUSTED.test(one));
  if (untrusted !== undefined)
    return new UserError(l10n.t('The certificate of {0} is not trusted ({1}). Behind a proxy that opens connections, the environment variable NODE_EXTRA_CA_CERTS names the file with its certificate.', route.host, untrusted));
  const offline = codes.find((one) => OFFLINE.has(one));
  if (offline !== undefined) return new Transient(code, unreachable(offline, route), true);
  return new Transient(code, new UserError(l10n.t('The connection to {0} broke again and again ({1}). What has arrived is kept: the same command goes on from there.', route.host, code)));
}

function unreachable(code: string, { host, proxy, folder }: Route): UserError {
  const by = proxy === undefined ? '' : ` ${l10n.t('The proxy is {0}.', proxy)}`;
  return new UserError(
    l10n.t('{0} cannot be reached ({1}): is this machine offline?{2} A model from elsewhere can be put by hand into {3}: model.safetensors with its config.json and preprocessor_config.json.', host, code, by, folder),
  );
}

/** The codes of an error, of what caused it and of what it sums up. */
function codesIn(error: unknown): string[] {
  return chainOf(error).flatMap((one) => ('code' in one && typeof one.code === 'string' ? [one.code] : []));
}

function messagesIn(error: unknown): string {
  return chainOf(error).map(({ message }) => message).join('\n');
}

function chainOf(error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const inner = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return [error, ...[error.cause, ...inner].flatMap((one) => chainOf(one, depth + 1))];
}
