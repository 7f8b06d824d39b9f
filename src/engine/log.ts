import { codeOf, disk, diskError } from './atomic';

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** A log file: one JSON object a line, `{time, level, message}`. */
export interface LogFile {
  write(level: LogLevel, message: string): Promise<void>;
}

/**
 * Opens a log for appending. At `limit` bytes the file is renamed to `….1` (replacing the one before) and begun anew, so
 * that a run of weeks does not fill the disk.
 */
export function openLog(file: string, limit = 5_000_000): LogFile {
  const append = appender(file, limit);
  return { write: (level, message) => append(`${JSON.stringify({ time: new Date().toISOString(), level, message })}\n`) };
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];

/** A log of levels for people: `2026-01-31T12:00:00.000Z WARNING train/vit/seed-0: message`. */
export interface TextLog {
  /** Nothing is written of a level below the log's own. */
  write(level: LogLevel, who: string, message: string): Promise<void>;
}

/** The same of lines that people read and `grep` finds; a message of several lines is indented, so that none passes for another entry. */
export function openTextLog(file: string, least: LogLevel, limit = 5_000_000): TextLog {
  const append = appender(file, limit);
  return {
    write(level, who, message) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return Promise.resolve();
      return append(`${new Date().toISOString()} ${level.toUpperCase().padEnd(7)} ${who}: ${message.replaceAll(/\r\n|\r|\n/g, '\n  ')}\n`);
    },
  };
}

/** Appends lines one after the other, and keeps the file below a size. */
function appender(file: string, limit: number): (line: string) => Promise<void> {
  let tail: Promise<void> = Promise.resolve();
  const write = async (line: string): Promise<void> => {
    try {
      if ((await sizeOf(file)) + line.length > limit) await disk.rename(file, `${file}.1`);
      await disk.appendFile(file, line);
    } catch (error) {
      throw await diskError(file, error, line.length);
    }
  };
  return (line) => {
    // One after the other, also past one that failed: its caller has been told.
    tail = tail.catch(() => undefined).then(() => write(line));
    return tail;
  };
}

/** Size of a file; below every limit when it does not exist, so that only what exists is rotated. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await disk.stat(file)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return -Infinity;
    throw error;
  }
}
