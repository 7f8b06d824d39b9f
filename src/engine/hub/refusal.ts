import * as l10n from '@vscode/l10n';
import { UserError } from '../userError';

/** The hub wants to know who asks; VS Code then offers to set the token. */
export class TokenNeeded extends UserError {
  override readonly name = 'TokenNeeded';
}

/** The hub has no such model for whoever asks; what is near can be told. */
export class NoSuchModel extends UserError {
  override readonly name = 'NoSuchModel';
}

export interface Asked {
  /** The repository, or the address of a file. */
  readonly model: string;
  readonly revision?: string;
  readonly endpoint: URL;
  readonly withToken: boolean;
}

/**
 * What an answer that is no file means, in words and with what to do. The hub says more than the status in
 * `X-Error-Code`; without a token it answers 401 for a repository that does not exist as for a private one.
 */
export function refusalOf(response: Response, asked: Asked): UserError {
  const code = response.headers.get('x-error-code') ?? '';
  const { model, endpoint, withToken } = asked;
  const page = new URL(model, endpoint).href;
  if (code === 'GatedRepo') return gated(model, page, asked);
  if (response.status === 401 && withToken) return new TokenNeeded(l10n.t('The hub does not know the token (401): it is mistyped, expired or revoked. A new one is made at {0}. {1}', tokensPage(endpoint), whereToPutIt()));
  if (code === 'RevisionNotFound') return new UserError(l10n.t('{0} has no revision “{1}”. {2} lists its branches and tags.', model, asked.revision ?? 'main', `${page}/refs`));
  if (code === 'EntryNotFound') return new UserError(l10n.t('{0} has no such file (404). Its files are listed at {1}.', model, `${page}/tree/${asked.revision ?? 'main'}`));
  if (response.status === 401)
    return new NoSuchModel(l10n.t('{0} has no public model {1} (401). If it is private or gated, a token is needed, made at {2}. {3}', endpoint.host, model, tokensPage(endpoint), whereToPutIt()));
  if (response.status === 403) return new TokenNeeded(l10n.t('{0} refuses {1} (403). The token may lack the right to read it: {2}', new URL(response.url || page).host, model, tokensPage(endpoint)));
  if (response.status === 404) return new NoSuchModel(l10n.t('There is no {0} (404).', model));
  return new UserError(l10n.t('{0} answers {1} {2} for {3}.', new URL(response.url || page).host, response.status, response.statusText, model));
}

function gated(model: string, page: string, { endpoint, withToken }: Asked): TokenNeeded {
  if (withToken) return new TokenNeeded(l10n.t('{0} is gated, and the account of your token may not read it yet. Log in, accept its conditions at {1}, and ask again.', model, page));
  return new TokenNeeded(l10n.t('{0} is gated: log in, accept its conditions at {1}, and make a token at {2}. {3}', model, page, tokensPage(endpoint), whereToPutIt()));
}

function tokensPage(endpoint: URL): string {
  return new URL('settings/tokens', endpoint).href;
}

function whereToPutIt(): string {
  return l10n.t('In a terminal it goes into the environment variable HF_TOKEN, in VS Code into “ViT Lab: Set Hugging Face Token…”.');
}
