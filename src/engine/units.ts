/** Numbers as people read them: three digits that matter, grouped by spaces, as a comma is a decimal mark for half of the readers. */

/** 1234567 → "1.23 M". */
export function short(value: number): string {
  for (const [unit, size] of [['G', 1e9], ['M', 1e6], ['k', 1e3]] as const) if (Math.abs(value) >= size) return `${(Number(value.toPrecision(3)) / size).toPrecision(3)} ${unit}`;
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

/** 1234567 → "1 234 567". */
export function grouped(count: number): string {
  return count.toLocaleString('en').replaceAll(',', ' ');
}

/** Bytes in MiB. */
export function mebibytes(bytes: number): string {
  const value = bytes / 2 ** 20;
  return `${value >= 1000 ? grouped(Math.round(value)) : value.toPrecision(3)} MiB`;
}

/** Bytes in GiB, or in TiB and beyond where those are too many. */
export function gibibytes(bytes: number): string {
  const units = ['GiB', 'TiB', 'PiB', 'EiB'];
  const power = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log2(bytes / 2 ** 30) / 10)));
  return `${short(bytes / 2 ** (30 + 10 * power))} ${units[power]!}`;
}

/** 4000 → "1 h 6 min"; two units at most. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole < 600 && whole % 60 > 0 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.round(whole / 60)} min`;
  const minutes = Math.round(whole / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
