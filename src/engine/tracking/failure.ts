import * as l10n from '@vscode/l10n';
import { reasonOf } from '../atomic';
import { UserError } from '../userError';

const UNTRUSTED = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;
const PLAIN = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST']);

/** A failure that may pass by itself: what was to be sent stays in the run's folder and is sent later. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  constructor(
    message: string,
    /** Milliseconds after which the server wants to be asked again. */
    readonly after?: number,
  ) {
    super(message);
  }
}

/** An answer of the server that says that something is not right with the request. */
export class Refused extends UserError {
  constructor(
    message: string,
    readonly status: number,
    /** MLflow's own word, e.g. `RESOURCE_DOES_NOT_EXIST`; empty where it gives none. */
    readonly code: string,
    /** What the server says itself. */
    readonly said: string,
  ) {
    super(message);
  }
}

/** What a failed connection means for the user. */
export function connectionFailure(error: unknown, host: string): Error {
  if (error instanceof UserError || error instanceof Unavailable) return error;
  const codes = codesIn(error);
  const untrusted = codes.find((one) => UNTRUSTED.test(one));
  if (untrusted !== undefined)
    return new UserError(l10n.t('The certificate of {0} is not trusted ({1}). The environment variable NODE_EXTRA_CA_CERTS names the file with the certificate of who has signed it.', host, untrusted));
  const plain = codes.find((one) => PLAIN.has(one));
  if (plain !== undefined) return new UserError(l10n.t('{0} does not speak TLS ({1}). If it is a server without it, its address begins with http://.', host, plain));
  return new Unavailable(l10n.t('the MLflow server at {0} does not answer ({1})', host, codes[0] ?? reasonOf(error)));
}

/**
 * What an answer means that is no success.
 *
 * @param body what the server says, of any kind
 */
export function answerFailure(status: number, body: string, where: { readonly host: string; readonly withCredentials: boolean; readonly retryAfter: string | null }): Error {
  const { host } = where;
  const { code, message } = mlflowError(body);
  const said = message === '' ? '' : ` ${l10n.t('It says: {0}', message)}`;
  if (status === 408 || status === 429 || (status >= 500 && status !== 501)) {
    const seconds = Number(where.retryAfter ?? NaN);
    return new Unavailable(`${l10n.t('the MLflow server at {0} has trouble ({1})', host, status)}${said}`, Number.isFinite(seconds) ? seconds * 1000 : undefined);
  }
  if (status === 401) {
    const text = where.withCredentials
      ? l10n.t('{0} does not accept the credentials (401).', host)
      : l10n.t('{0} wants credentials (401).', host);
    return new Refused(`${text} ${howToGive()}${said}`, status, code, message);
  }
  if (status === 403) {
    const text = /host/i.test(message)
      ? l10n.t('{0} does not take requests under this name (403). Whoever runs it allows names with --allowed-hosts.', host)
      : l10n.t('{0} does not allow this (403): these credentials may not write there.', host);
    return new Refused(`${text}${said}`, status, code, message);
  }
  if (code === '') return new Refused(notMlflow(host, status), status, code, message);
  return new Refused(l10n.t('The MLflow server at {0} refuses this ({1}): {2}', host, code, message), status, code, message);
}

/** What lies at an address where no MLflow server answers. */
export function notMlflow(host: string, status: number): string {
  return l10n.t('What answers at {0} is no MLflow server ({1}). Its address is the one whose page shows the experiments, without /#/….', host, status);
}

export function howToGive(): string {
  return l10n.t('In VS Code: ViT Lab: Set MLflow Credentials. In a terminal: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.');
}

/** `{error_code, message}`, which every refusal of MLflow's own has. */
function mlflowError(body: string): { readonly code: string; readonly message: string } {
  try {
    const value = JSON.parse(body) as { readonly error_code?: unknown; readonly message?: unknown } | null;
    const code = typeof value?.error_code === 'string' ? value.error_code : '';
    return { code, message: oneLine(typeof value?.message === 'string' ? value.message : '') };
  } catch {
    return { code: '', message: /^\s*</.test(body) ? '' : oneLine(body) };
  }
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

function codesIn(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return [...own, ...[error.cause, ...inner].flatMap((one) => codesIn(one, depth + 1))];
}
