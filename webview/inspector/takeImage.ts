import * as l10n from '@vscode/l10n';
import type { InspectorApi } from '../../src/protocol';
import type { Client } from '../../src/rpc';
import type { Session } from './session';

/** Pictures larger than this are not taken: the engine would refuse most of them anyway. */
const MOST = 64 * 2 ** 20;

/** Takes a picture that is pasted, or dropped from the explorer or from another window. */
export function listenToDrops(client: Client<InspectorApi>, session: Session): void {
  const take = (data: DataTransfer | null): void => void takeFrom(client, data).catch(session.fail);
  document.addEventListener('paste', (event) => {
    if (!holdsPicture(event.clipboardData)) return;
    event.preventDefault();
    take(event.clipboardData);
  });
  for (const kind of ['dragenter', 'dragover'] as const)
    document.addEventListener(kind, (event) => {
      if (!holdsPicture(event.dataTransfer)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
      document.body.classList.add('dropping');
    });
  for (const kind of ['dragleave', 'dragend', 'drop'] as const) document.addEventListener(kind, () => document.body.classList.remove('dropping'));
  document.addEventListener('drop', (event) => {
    if (!holdsPicture(event.dataTransfer)) return;
    event.preventDefault();
    take(event.dataTransfer);
  });
}

/** While something is dragged only its kinds can be seen. */
function holdsPicture(data: DataTransfer | null): boolean {
  if (!data) return false;
  return data.types.some((type) => type === 'Files' || type === 'text/uri-list' || type === 'application/vnd.code.uri-list') || [...data.items].some(({ type }) => type.startsWith('image/'));
}

async function takeFrom(client: Client<InspectorApi>, data: DataTransfer | null): Promise<void> {
  if (!data) return;
  // The explorer of VS Code gives an address, which is better than a copy: the file's own name and place stay known.
  const uri = (data.getData('application/vnd.code.uri-list') || data.getData('text/uri-list')).split(/\r?\n/).find((line) => line !== '' && !line.startsWith('#'));
  if (uri !== undefined) return client.takeImage({ name: nameIn(uri), uri });
  const file = [...data.files].find(({ type }) => type.startsWith('image/')) ?? data.files[0];
  if (!file) throw new Error(l10n.t('There is no image in what was pasted or dropped.'));
  if (file.size > MOST) throw new Error(l10n.t('{0} has {1} MiB; images of up to {2} MiB can be taken. Open it from the disk instead.', file.name, Math.round(file.size / 2 ** 20), MOST / 2 ** 20));
  await client.takeImage({ name: file.name, bytes: await bytesOf(file) });
}

/** What is no address as they are written keeps its signs. */
function nameIn(uri: string): string {
  const name = uri.split('/').pop() ?? uri;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function bytesOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new Error(l10n.t('{0} could not be read from what was pasted or dropped. Save it as a file, and open it with “Open Image…”, or drop it from the explorer.', file.name), { cause: error });
  }
}
