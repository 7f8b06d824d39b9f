import * as l10n from '@vscode/l10n';
import type { MlflowCredentials, TrackingAccess } from '../../trackingProtocol';
import { UserError } from '../userError';

type Environment = Readonly<Record<string, string | undefined>>;

/** An MLflow server, and how it knows us. */
export interface Server {
  /** Without a slash at its end, and without credentials. */
  readonly uri: string;
  readonly credentials?: MlflowCredentials;
}

/** What decides where a run is sent, the first that says something. */
export interface Wish {
  /** Of the command line, or chosen in a window. */
  readonly uri?: string | undefined;
  readonly experiment?: string | undefined;
}

/**
 * Which server is meant, which experiment, and with which credentials: the wish itself, then the configuration of the run,
 * then the settings, then the environment that MLflow's own client reads. Null where nobody names a server.
 *
 * Credentials belong to a server: those of the key store to the origin that they were given for, those of the environment to
 * `MLFLOW_TRACKING_URI` where that is set. A configuration that came from elsewhere gets none of them sent to its own address.
 *
 * @throws UserError when an address is none
 */
export function serverFor(wish: Wish, config: Wish, access: TrackingAccess, env: Environment): { readonly server: Server; readonly experiment: string } | null {
  const ofEnvironment = env['MLFLOW_TRACKING_URI'] || undefined;
  const named = wish.uri ?? config.uri ?? (access.uri || undefined) ?? ofEnvironment;
  if (named === undefined) return null;
  const { uri, credentials } = addressOf(named);
  const own = credentials ?? access.credentials?.[new URL(uri).origin] ?? credentialsOf(env, uri, ofEnvironment);
  const experiment = wish.experiment ?? config.experiment ?? (access.experiment || undefined) ?? (env['MLFLOW_EXPERIMENT_NAME'] || undefined) ?? 'Default';
  return { server: { uri, ...(own && { credentials: own }) }, experiment };
}

/** An address with what MLflow allows in it: a user and a password, which are taken out. */
export function addressOf(given: string): Server {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UserError(l10n.t('"{0}" is no address of an MLflow server; one begins with http:// or https://, e.g. http://127.0.0.1:5000.', withoutSecrets(given)));
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const uri = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return user === '' ? { uri } : { uri, credentials: { user, password } };
}

/** Whatever stands before an @ is nobody's business. */
export function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@');
}

function credentialsOf(env: Environment, uri: string, ofEnvironment: string | undefined): MlflowCredentials | undefined {
  const [token, user, password] = [env['MLFLOW_TRACKING_TOKEN'], env['MLFLOW_TRACKING_USERNAME'], env['MLFLOW_TRACKING_PASSWORD']];
  if (!token && !user) return undefined;
  if (ofEnvironment !== undefined && originOf(ofEnvironment) !== new URL(uri).origin) return undefined;
  // As MLflow's client does it: a user and a password go before a token.
  return user ? { user, ...(password !== undefined && { password }) } : { token: token! };
}

function originOf(uri: string): string | undefined {
  return URL.canParse(uri) ? new URL(uri).origin : undefined;
}

/** Whether an address is on this machine. */
export function isLoopback(uri: string): boolean {
  const { hostname } = new URL(uri);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

/** Whether what is secret would cross a network that anybody can read. */
export function isExposed({ uri, credentials }: Server): boolean {
  return credentials !== undefined && uri.startsWith('http:') && !isLoopback(uri);
}
