const PARTS = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

let local: Intl.DateTimeFormat | undefined;

/**
 * A moment as lists tell it, in every language and in the terminal alike: `2026-11-23 08:17`, in local time. It sorts as it
 * is read, and nobody has to guess what is month and what is day.
 *
 * @param iso ISO 8601; what cannot be read gives an empty text
 * @param timeZone for tests; without it, that of the machine
 */
export function dateTime(iso: string, timeZone?: string): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return '';
  const format = timeZone === undefined ? (local ??= new Intl.DateTimeFormat('en-GB', PARTS)) : new Intl.DateTimeFormat('en-GB', { ...PARTS, timeZone });
  const part = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => part.get(type) ?? '';
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}`;
}
