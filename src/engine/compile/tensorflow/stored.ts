import type { EmittedModel } from './emit';

/** A model and its programs as they are kept: the length of the model in four bytes, the model, the programs as JSON. */
export function toBytes({ model, programs }: EmittedModel): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(model.length);
  return Buffer.concat([length, model, Buffer.from(JSON.stringify(programs))]);
}

export function fromBytes(bytes: Uint8Array): EmittedModel {
  const end = 4 + Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE();
  return { model: bytes.subarray(4, end), programs: JSON.parse(Buffer.from(bytes.subarray(end)).toString()) as EmittedModel['programs'] };
}
