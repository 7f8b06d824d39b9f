import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createOutput, table } from '../../src/engine/terminal/output';

function streams(): { readonly written: () => string; readonly out: NodeJS.WriteStream; readonly err: NodeJS.WriteStream } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  return { written: () => text, out: stream, err: stream };
}

test("what strangers call their classes moves no cursor and sets no window's title; colours of ours stay", () => {
  const { written, ...to } = streams();
  const output = createOutput(false, to);
  output.print('\u001b[1mbold\u001b[22m a\tb');
  output.print('\u001b[2Jcleared \u001b]0;title\u0007 \u0008\u009b31m');
  output.note('\u001b[31;5m\r');
  expect(written()).toBe('\u001b[1mbold\u001b[22m a\tb\n\\x1b[2Jcleared \\x1b]0;title\\x07 \\x08\\x9b31m\n\\x1b[31;5m\\x0d\n');
});

test('a cell of a table is one line', () => {
  expect(table([['class'], ['cat\n  dog']], createOutput(false, streams()))).toBe('class\ncat dog');
});
