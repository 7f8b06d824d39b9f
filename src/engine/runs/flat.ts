/** `{model: {depth: 6}}` → `model.depth` → "6". Lists are one value. */
export function flatten(value: object, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const dotted = `${prefix}${key}`;
    if (key === '$schema') continue;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) flat.set(dotted, typeof inner === 'string' ? inner : JSON.stringify(inner));
    else for (const [name, text] of flatten(inner, `${dotted}.`)) flat.set(name, text);
  }
  return flat;
}
