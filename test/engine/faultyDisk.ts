import type { FileHandle } from 'node:fs/promises';
import { disk } from '../../src/engine/atomic';

/**
 * Makes the disk fail, as "How SQLite is tested" does: every call that the store makes is counted, and the chosen one
 * fails with a system error. A failing write leaves half of its bytes behind; a failing close does close.
 */
export interface Fault {
  /** Which call fails, from 0. */
  readonly at: number;
  readonly code: 'EIO' | 'ENOSPC' | 'EACCES' | 'EMFILE';
  /** True: and all calls that take space after it, as on a full disk. */
  readonly stays: boolean;
}

type Call = (...args: never[]) => Promise<unknown>;

const takesSpace = new Set(['open', 'writeFile', 'appendFile', 'sync', 'mkdir']);

/** Runs `work` with a disk that fails once `fault` comes up; returns how many calls it made. */
export async function withFault(fault: Fault | null, work: () => Promise<void>): Promise<{ calls: number; error: unknown }> {
  const sound = { ...disk };
  let calls = 0;
  let broken = false;
  const failing = (name: string): boolean => {
    const hit = calls++ === fault?.at;
    broken ||= hit && fault?.stays === true;
    return hit || (broken && takesSpace.has(name));
  };
  const fail = (name: string): Error => Object.assign(new Error(`${fault!.code}: made by the test, ${name}`), { code: fault!.code });
  const wrap = (name: string, call: Call): Call => async (...args) => {
    if (failing(name)) throw fail(name);
    const result = await call(...args);
    return name === 'open' ? wrapHandle(result as FileHandle) : result;
  };
  const wrapHandle = (handle: FileHandle): FileHandle =>
    new Proxy(handle, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        if (name !== 'writeFile' && name !== 'sync' && name !== 'close') return method.bind(target) as unknown;
        return async (data?: string | Uint8Array) => {
          const hit = failing(name);
          if (hit && name === 'close') await target.close();
          if (hit && name === 'writeFile' && data !== undefined) await target.writeFile(data.slice(0, Math.floor(data.length / 2)));
          if (hit) throw fail(name);
          return name === 'writeFile' ? target.writeFile(data!) : target[name]();
        };
      },
    });
  const names = Object.keys(sound) as (keyof typeof disk)[];
  Object.assign(disk, Object.fromEntries(names.map((name) => [name, wrap(name, sound[name] as Call)])));
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  } finally {
    Object.assign(disk, sound);
  }
  return { calls, error };
}
