const OWN_NAME = /(^|[/\\])(vit|.+\.vit)\.(ya?ml|json)$/i;
const YAML_NAME = /\.ya?ml$/i;
const OWN_KEYS = /^(dataset|image|model|train)\s*:/gm;

/** Names that are configurations of ours whatever they hold. */
export function hasConfigName(name: string): boolean {
  return OWN_NAME.test(name);
}

/** Whether a text names our schema: the first lines of YAML as Red Hat's language server reads them, `$schema` of JSON. */
export function namesOurSchema(text: string): boolean {
  return /^#\s*yaml-language-server\s*:.*\$schema=\S*vit-lab\.schema\.json\s*$/m.test(text) || /^\s*\{?\s*["']?\$schema["']?\s*:\s*["']?[^"'\s]*vit-lab\.schema\.json["']?/m.test(text);
}

/**
 * Whether a file is one of our configurations: by its name, by the schema that it names, or a YAML file with `model:` or `dataset:` and `train:`
 * at the left margin. Other tools' YAML files must not be underlined by us.
 */
export function looksLikeConfig(name: string, text: string): boolean {
  if (hasConfigName(name)) return true;
  if (/\.(ya?ml|json)$/i.test(name) && namesOurSchema(text)) return true;
  if (!YAML_NAME.test(name)) return false;
  const keys = new Set([...text.matchAll(OWN_KEYS)].map((match) => match[1]));
  return keys.has('train') && (keys.has('model') || keys.has('dataset'));
}

const PIPELINE_KEYS = /^(configs|seeds|models|sample|check|figures|report|log)\s*:/gm;

/** Whether a file is a pipeline of ours: other tools have files of that name, but not with these keys. */
export function looksLikePipeline(name: string, text: string): boolean {
  if (!/(^|[/\\])pipeline\.ya?ml$/i.test(name)) return false;
  return new Set([...text.matchAll(PIPELINE_KEYS)].map((match) => match[1])).size >= 2;
}

/** Whether a configuration has the section `sweep`: many trainings, not one. */
export function looksLikeSweep(text: string): boolean {
  return /^\s*"sweep"\s*:/m.test(text) || /^sweep\s*:/m.test(text);
}
