/** Rows as RFC 4180 writes them: CRLF lines; fields with a comma, a quote or a line break in quotes, quotes doubled. */
export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
