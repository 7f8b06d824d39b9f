import { bytes, double, doubles, float, int, join, message, text, type Bytes } from '../../compile/protobuf';
import { maskedCrc32c } from './crc32c';
import type { Histogram } from './histogram';

/**
 * Event files of TensorBoard: records of TFRecord (length, its checksum, data, their checksum), each an `Event`. Numbers of
 * fields are those of `tensorboard/compat/proto/event.proto`, `summary.proto` and `plugins/hparams/plugin_data.proto`.
 */

/** When something was, in seconds since 1970, and after which step. */
export interface At {
  readonly seconds: number;
  readonly step: number;
}

/** One record of a file. */
export function record(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(data.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(framed.subarray(0, 8)), true);
  framed.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return framed;
}

/** The first record of every file. */
export function fileVersion(seconds: number): Uint8Array {
  return record(join([...double(1, seconds), ...text(3, 'brain.Event:2')]));
}

/** From this step on, what earlier files hold counts no more: a run that was resumed writes it again. */
export function restart({ seconds, step }: At): Uint8Array {
  return record(join([...double(1, seconds), ...int(2, step), ...message(7, int(1, 1))]));
}

export function scalars(at: At, values: Readonly<Record<string, number>>): Uint8Array {
  return event(at, Object.entries(values).map(([tag, value]) => [...text(1, tag), ...float(2, value)]));
}

export function image(at: At, tag: string, png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset);
  // Width and height stand in the first chunk of every PNG.
  const picture = [...int(1, view.getUint32(20)), ...int(2, view.getUint32(16)), ...int(3, 4), ...bytes(4, png)];
  return event(at, [[...text(1, tag), ...message(4, picture)]]);
}

export function histogram(at: At, tag: string, { min, max, num, sum, sumSquares, limits, counts }: Histogram): Uint8Array {
  const proto = [...double(1, min), ...double(2, max), ...double(3, num), ...double(4, sum), ...double(5, sumSquares), ...doubles(6, limits), ...doubles(7, counts)];
  return event(at, [[...text(1, tag), ...message(5, proto)]]);
}

export type HyperParameter = number | string | boolean;

/** What makes this run, for the plugin of hyperparameters. */
export function sessionStart(at: At, name: string, values: Readonly<Record<string, HyperParameter>>): Uint8Array {
  const entries = Object.entries(values).flatMap(([key, value]) => message(1, [...text(1, key), ...message(2, valueOf(value))]));
  return hparams(at, '_hparams_/session_start_info', message(3, [...entries, ...text(4, name), ...double(5, at.seconds)]));
}

/** `tensorboard.hparams.Status` */
const STATUS = { succeeded: 1, failed: 2, running: 3 } as const;

export function sessionEnd(at: At, status: keyof typeof STATUS): Uint8Array {
  return hparams(at, '_hparams_/session_end_info', message(4, [...int(1, STATUS[status]), ...double(2, at.seconds)]));
}

/** A `google.protobuf.Value`. */
function valueOf(value: HyperParameter): Bytes {
  if (typeof value === 'number') return double(2, value);
  return typeof value === 'boolean' ? int(4, Number(value)) : text(3, value);
}

function hparams(at: At, tag: string, data: Bytes): Uint8Array {
  const metadata = message(1, [...text(1, 'hparams'), ...bytes(2, join([...int(1, 0), ...data]))]);
  // The reader wants a tensor beside it: an empty one of floats (DT_FLOAT, one side of length 0).
  const tensor = [...int(1, 1), ...message(2, message(2, int(1, 0)))];
  return event(at, [[...text(1, tag), ...message(8, tensor), ...message(9, metadata)]]);
}

function event({ seconds, step }: At, values: readonly Bytes[]): Uint8Array {
  return record(join([...double(1, seconds), ...int(2, step), ...message(5, values.flatMap((value) => message(1, value)))]));
}
