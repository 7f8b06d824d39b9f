import { namesOurSchema } from '../configFiles';

/** A text as an editor has it. */
export interface Edited {
  readonly language: string;
  readonly name: string;
  readonly text: string;
}

/** What another extension does with a text that a JSON schema is known for. */
export interface Helper {
  readonly problems: boolean;
  readonly completion: boolean;
  readonly hover: boolean;
}

/** Those that know of JSON schemas: Red Hat's for YAML, VS Code's own for JSON; undefined where one is not there. */
export interface Helpers {
  readonly yaml: Helper | undefined;
  readonly json: Helper | undefined;
}

const NOBODY: Helper = { problems: false, completion: false, hover: false };
/** The names that `yamlValidation` and `jsonValidation` of the manifest give our schema to. */
const BY_NAME = { yaml: /(^|[/\\])(vit|[^/\\]+\.vit)\.ya?ml$/i, json: /(^|[/\\])(vit|[^/\\]+\.vit)\.json$/i };

/**
 * What is left to another extension, which would say the same from our schema: unknown keys, types and ranges; keys and their
 * values; what a key means. What a schema cannot say is always ours.
 */
export function leftToOthers({ language, name, text }: Edited, helpers: Helpers): Helper {
  const kind = language === 'yaml' ? 'yaml' : language === 'json' || language === 'jsonc' ? 'json' : undefined;
  if (kind === undefined) return NOBODY;
  const governed = BY_NAME[kind].test(name) || namesOurSchema(text);
  return governed ? (helpers[kind] ?? NOBODY) : NOBODY;
}
