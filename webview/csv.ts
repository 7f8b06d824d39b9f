/** Rows as RFC 4180 writes them: CRLF, quotes doubled, quoted where a comma, a quote or a line break stands. */
export function toCsv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => row.map(field).join(',') + '\r\n').join('');
}

/** Rows for the clipboard: a spreadsheet takes tabs and line breaks as they come, so a field may hold neither. */
export function toTsv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => row.map((value) => String(value).replace(/[\t\r\n]+/g, ' ')).join('\t') + '\n').join('');
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
