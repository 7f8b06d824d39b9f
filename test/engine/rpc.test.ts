import { MessageChannel } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { connect, serve, type Port, type Server } from '../../src/rpc';

interface TestApi {
  add(q: { readonly a: number; readonly b: number }): number;
  echo(q: { readonly pixels: Float32Array }): Float32Array;
  fail(q: Record<string, never>): void;
  count(q: { readonly to: number }): number;
  wait(q: Record<string, never>): string;
}

interface TestEvents {
  tick: { readonly n: number };
}

/** Two ends of a structured-clone channel, as a child process with advanced serialisation is. */
function pair(): { a: Port; b: Port; cut: (reason: string) => void } {
  const { port1, port2 } = new MessageChannel();
  const closers: ((reason: string) => void)[] = [];
  const end = (port: typeof port1): Port => ({
    send: (message) => port.postMessage(message),
    onMessage: (listener) => void port.on('message', listener),
    onClose: (listener) => void closers.push(listener),
  });
  const cut = (reason: string): void => {
    port1.close();
    port2.close();
    for (const close of closers) close(reason);
  };
  return { a: end(port1), b: end(port2), cut };
}

const handlers: Server<TestApi> = {
  add: ({ a, b }) => a + b,
  echo: ({ pixels }) => pixels.map((x) => x * 2),
  fail: () => {
    throw Object.assign(new Error('broken'), { name: 'UserError', place: { file: 'a.yaml', line: 3 } });
  },
  count: ({ to }, call) => {
    for (let i = 1; i <= to; i++) call.progress(i);
    return to;
  },
  wait: (_, call) => new Promise((resolve) => call.signal.addEventListener('abort', () => resolve('stopped'))),
};

test('results and typed arrays come back', async () => {
  const { a, b, cut } = pair();
  serve<TestApi>(b, handlers);
  const api = connect<TestApi>(a);
  expect(await api.add({ a: 2, b: 40 })).toBe(42);
  expect(await api.echo({ pixels: Float32Array.of(1, 2) })).toEqual(Float32Array.of(2, 4));
  cut('done');
});

test('an error keeps its name, its words and its place', async () => {
  const { a, b, cut } = pair();
  serve<TestApi>(b, handlers);
  const api = connect<TestApi>(a);
  await expect(api.fail({})).rejects.toMatchObject({ name: 'UserError', message: 'broken', place: { file: 'a.yaml', line: 3 } });
  cut('done');
});

test('progress arrives in order, before the result', async () => {
  const { a, b, cut } = pair();
  serve<TestApi>(b, handlers);
  const seen: unknown[] = [];
  await connect<TestApi>(a).count({ to: 4 }, { onProgress: (n) => seen.push(n) });
  expect(seen).toEqual([1, 2, 3, 4]);
  cut('done');
});

test('a cancelled call rejects at once and its handler sees the signal', async () => {
  const { a, b, cut } = pair();
  const stopped = vi.fn();
  serve<TestApi>(b, { ...handlers, wait: (_, call) => new Promise(() => call.signal.addEventListener('abort', stopped)) });
  const controller = new AbortController();
  const waiting = connect<TestApi>(a).wait({}, { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 20));
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await vi.waitFor(() => expect(stopped).toHaveBeenCalledOnce());
  cut('done');
});

test('a disconnect rejects what is pending and what comes later, with its reason', async () => {
  const { a, b, cut } = pair();
  serve<TestApi>(b, handlers);
  const api = connect<TestApi>(a);
  const waiting = api.wait({});
  const outcome = expect(waiting).rejects.toMatchObject({ name: 'Disconnected', message: 'engine killed' });
  cut('engine killed');
  await outcome;
  await expect(api.add({ a: 1, b: 1 })).rejects.toMatchObject({ name: 'Disconnected' });
});

test('events reach the other end by name', async () => {
  const { a, b, cut } = pair();
  const emit = serve<TestApi, TestEvents>(b, handlers);
  const seen: unknown[] = [];
  connect<TestApi>(a, (name, value) => seen.push([name, value]));
  emit('tick', { n: 7 });
  await vi.waitFor(() => expect(seen).toEqual([['tick', { n: 7 }]]));
  cut('done');
});

test('an unknown method and what is only inherited are refused', async () => {
  const { a, b, cut } = pair();
  serve<TestApi>(b, handlers);
  const api = connect<{ toString(q: object): void; nothing(q: object): void }>(a);
  await expect(api.nothing({})).rejects.toThrow('No such method: nothing');
  await expect(api.toString({})).rejects.toThrow('No such method: toString');
  cut('done');
});

test('messages of a foreign shape are ignored', async () => {
  const { a, b, cut } = pair();
  serve<TestApi>(b, handlers);
  const api = connect<TestApi>(a);
  for (const junk of [null, 7, 'call', {}, { rpc: 5 }, { rpc: 'ok', id: 999 }, { rpc: 'abort', id: -1 }]) a.send(junk);
  expect(await api.add({ a: 1, b: 1 })).toBe(2);
  cut('done');
});
