/** A value as Python writes it; a list becomes a tuple where `tuples` says so. */
export function python(value: unknown, tuples = true): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) {
    const items = value.map((item) => python(item, tuples));
    return tuples ? `(${items.join(', ')}${items.length === 1 ? ',' : ''})` : `[${items.join(', ')}]`;
  }
  // A string of JSON is one of Python, too: ASCII alone, so that no file's encoding can break it.
  if (typeof value === 'string') return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return String(value);
}

/** Arguments by name, as a call in Python has them. */
export function keywords(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`).join(', ');
}
