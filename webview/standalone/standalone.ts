/** Runs before the inspector or the gallery in a page that was saved: answers in the place of the host, from what the page holds. */
import * as l10n from '@vscode/l10n';
import { answerKey } from '../../src/answerKey';
import { loadWords } from '../translations';
import { unpack } from './unpack';

interface Held {
  /** What the panel was told. */
  readonly state: unknown;
  readonly answers: readonly (readonly [key: string, value: unknown])[];
}

interface Call {
  readonly rpc: string;
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

loadWords();
const textOf = (id: string): string => document.getElementById(id)?.textContent ?? '';
const held = unpack(textOf('data')).then((all) => {
  const { state, answers } = all as Held;
  return { state, answers: new Map(answers) };
});
let kept: unknown = JSON.parse(textOf('kept'));

const tell = (message: unknown): void => void window.dispatchEvent(new MessageEvent('message', { data: message }));

async function answer({ id, method, params }: Call): Promise<void> {
  try {
    const { state, answers } = await held;
    const key = answerKey(method, params);
    if (method === 'state') tell({ rpc: 'ok', id, value: state });
    else if (method === 'save') tell({ rpc: 'ok', id, value: download(params as { name: string; bytes: Uint8Array<ArrayBuffer> }) });
    else if (answers.has(key)) tell({ rpc: 'ok', id, value: answers.get(key) });
    else if (answers.has(plainKey(method, params))) tell({ rpc: 'ok', id, value: answers.get(plainKey(method, params)) });
    else tell({ rpc: 'error', id, failure: { name: 'Error', message: l10n.t('This page holds what was shown when it was saved, and has no engine to ask for more.') } });
  } catch (error) {
    tell({ rpc: 'error', id, failure: { name: 'Error', message: error instanceof Error ? error.message : String(error) } });
  }
}

/** A rollout from a patch has to be computed; that of the class token is there, and says that it is that one. */
function plainKey(method: string, params: unknown): string {
  const { query: _, ...rest } = params as { readonly query?: unknown };
  return method === 'rollout' ? answerKey(method, rest) : '';
}

function download({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

Object.assign(window, {
  acquireVsCodeApi: () => ({
    postMessage: (message: Call) => {
      if (message.rpc === 'call') void answer(message);
    },
    getState: () => kept,
    setState: (state: unknown) => (kept = state),
  }),
});
