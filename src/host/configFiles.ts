const OWN_NAME = /(^|[/\\])(vit|.+\.vit)\.(ya?ml|json)$/i;
const YAML_NAME = /\.ya?ml$/i;
const OWN_KEYS = /^(dataset|image|model|train)\s*:/gm;

/** Names that are configurations of ours whatever they hold. */
export function hasConfigName(name: string): boolean {
  return OWN_NAME.test(name);
}

/**
 * Whether a file is one of our configurations: by its name, or a YAML file with `model:` or `dataset:` and `train:`
 * at the left margin. Other tools' YAML files must not be underlined by us.
 */
export function looksLikeConfig(name: string, text: string): boolean {
  if (hasConfigName(name)) return true;
  if (!YAML_NAME.test(name)) return false;
  const keys = new Set([...text.matchAll(OWN_KEYS)].map((match) => match[1]));
  return keys.has('train') && (keys.has('model') || keys.has('dataset'));
}

/** Whether a configuration has the section `sweep`: many trainings, not one. */
export function looksLikeSweep(text: string): boolean {
  return /^\s*"sweep"\s*:/m.test(text) || /^sweep\s*:/m.test(text);
}
