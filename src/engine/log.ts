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
  let tail: Promise<void> = Promise.resolve();
  const write = async (line: string): Promise<void> => {
    try {
      if ((await sizeOf(file)) + line.length > limit) await disk.rename(file, `${file}.1`);
      await disk.appendFile(file, line);
    } catch (error) {
      throw await diskError(file, error, line.length);
    }
  };
  return {
    write: (level, message) => {
      const line = `${JSON.stringify({ time: new Date().toISOString(), level, message })}\n`;
      // One after the other, also past one that failed: its caller has been told.
      tail = tail.catch(() => undefined).then(() => write(line));
      return tail;
    },
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
