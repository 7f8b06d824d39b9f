import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where the terminal's faces write. Results go to standard output, everything else to standard error. */
export interface Output {
  /** With `--json`, standard output holds JSON and nothing else. */
  readonly json: boolean;
  /** A line of the result; silent with `--json`. */
  print(text?: string): void;
  /** One JSON document, or one line of JSON. */
  document(value: unknown): void;
  /** A line beside the result. */
  note(text: string): void;
  /** A line that is redrawn on a terminal, and shown now and then elsewhere. */
  progress(text: string, share?: number): void;
  /** Clears the line that is redrawn. */
  settle(): void;
  style(style: Style, text: string): string;
}

/** Control characters but for tab and line feed; and but for the escapes of `style`. */
const CONTROL = /\u001b(?!\[\d{1,2}m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

const BAR = 24;
/** Where nobody watches, a line of progress each so many milliseconds is enough. */
const PLAIN_EVERY = 5000;

export function createOutput(json: boolean, streams: { out: NodeJS.WriteStream; err: NodeJS.WriteStream } = { out: process.stdout, err: process.stderr }): Output {
  const { out, err } = streams;
  // Names come from strangers' files: what would move the cursor or set the window's title is shown as what it is.
  const tame = (text: string): string => text.replace(CONTROL, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
  const interactive = err.isTTY && process.env['CI'] === undefined;
  let drawn = false;
  // What takes less time than that needs no progress.
  let shown = performance.now();
  const settle = (): void => {
    if (drawn) err.write('\r\u001b[K');
    drawn = false;
  };
  return {
    json,
    print(text = '') {
      settle();
      if (!json) out.write(`${tame(text)}\n`);
    },
    document(value) {
      settle();
      out.write(`${JSON.stringify(value)}\n`);
    },
    note(text) {
      settle();
      err.write(`${tame(text)}\n`);
    },
    progress(text, share) {
      const line = tame(share === undefined ? text : `${bar(share)} ${text}`);
      if (interactive) {
        err.write(`\r\u001b[K${line.slice(0, Math.max(20, (err.columns ?? 80) - 1))}`);
        drawn = true;
      } else if (performance.now() - shown > PLAIN_EVERY) {
        shown = performance.now();
        err.write(`${tame(text)}\n`);
      }
    },
    settle,
    style: (style, text) => (out.isTTY && process.env['NO_COLOR'] === undefined ? styleText(style, text) : text),
  };
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${String(Math.round(share * 100)).padStart(3)} %`;
}

/** Columns side by side, the first row as heading; numbers to the right. */
export function table(lines: readonly (readonly string[])[], output: Output): string {
  // A cell is one line, whatever a stranger has called a class.
  const rows = lines.map((row) => row.map((cell) => cell.replaceAll(/\s*[\r\n]+\s*/g, ' ')));
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), []);
  const right = widths.map((_, i) => rows.slice(1).every((row) => /^[-–+\d.,% ]*$/.test(row[i] ?? '')));
  return rows
    .map((row, r) => {
      const line = row.map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ').trimEnd();
      return r === 0 ? output.style('bold', line) : line;
    })
    .join('\n');
}

/** A metric as people read it: shares in per cent, the rest with four digits. */
export function metric(name: string, value: number | undefined): string {
  if (value === undefined) return '–';
  if (/(top\d|precision|recall|f1|accuracy|ece|share)$/.test(name)) return `${(value * 100).toFixed(2)} %`;
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
