import * as path from 'node:path';
import * as vscode from 'vscode';
import type { AlignmentOptions, EngineApi, FeatureApi, ImageQuestion, ImageSet, InspectorApi } from '../../protocol';
import type { Call, CallOptions, Client, Server } from '../../rpc';
import type { Core } from '../core';
import { Refusal } from '../failures';
import { orOfferToLocate } from '../locate';

const STATE_KEY = 'inspector.folders';
/** Folders that were chosen last. */
const KEPT = 20;

/** What a webview may ask about. */
export interface Asked {
  /** The engine, when the checkpoint is one that is known, and the file the one that is shown. */
  readonly about: (q: ImageQuestion) => Promise<Client<EngineApi>>;
  readonly aboutCheckpoint: (checkpoint: string) => Promise<Client<EngineApi>>;
  /** Looks at an image. */
  readonly open: (file: vscode.Uri) => Promise<void>;
}

type Answers = Server<FeatureApi & Pick<InspectorApi, 'chooseFolder' | 'openNeighbour'>>;

/** Passes the inspector's questions about representations on to the engine. */
export function featureQuestions(core: Core, { about, aboutCheckpoint, open }: Asked): Answers {
  const folders = (): readonly string[] => core.context.workspaceState.get<readonly string[]>(STATE_KEY) ?? [];
  /** A webview may name a split, or a folder that its user has chosen, and nothing else on the disk. */
  const known = (images: ImageSet): void => {
    if ('folder' in images ? !folders().includes(images.folder) : images.data !== undefined) throw new Refusal(vscode.l10n.t('Choose the folder again: this panel has not been given it.'));
  };
  return {
    viewFilters: async (q, call) => (await aboutCheckpoint(q.checkpoint)).viewFilters(q, options(call)),
    viewTokens: async (q, call) => (await about(q)).viewTokens(q, options(call)),
    viewTokenSimilarity: async (q, call) => (await about(q)).viewTokenSimilarity(q, options(call)),
    viewColours: async (q, call) => (await about(q)).viewColours(q, options(call)),
    viewLens: async (q, call) => (await about(q)).viewLens(q, options(call)),
    ablateHeads: async (q, call) => (await about(q)).ablateHeads(q, options(call)),
    viewWithoutHeads: async (q, call) => (await about(q)).viewWithoutHeads(q, options(call)),
    viewShuffled: async (q, call) => (await about(q)).viewShuffled(q, options(call)),
    measureShuffle: async (q, call) => orOfferToLocate(core, (await about(q)).measureShuffle(q, options(call))),
    viewEmbedding: async (q, call) => (await about(q)).viewEmbedding(q, options(call)),
    viewEncoding: async (q, call) => (await aboutCheckpoint(q.checkpoint)).viewEncoding(q, options(call)),
    async measureAlignment(q: AlignmentOptions, call) {
      known(q.images);
      if (q.other !== undefined) await aboutCheckpoint(q.other);
      return orOfferToLocate(core, (await aboutCheckpoint(q.checkpoint)).measureAlignment(q, options(call)));
    },
    async findNeighbours(q, call) {
      known(q.images);
      return orOfferToLocate(core, (await about(q)).findNeighbours(q, options(call)));
    },
    async openNeighbour(q, call) {
      known(q.images);
      const { file } = await orOfferToLocate(core, (await aboutCheckpoint(q.checkpoint)).fileOf(q, options(call)));
      await open(vscode.Uri.file(file));
    },
    chooseFolder: async () => {
      const folder = await askFolder();
      if (folder === null) return null;
      await core.context.workspaceState.update(STATE_KEY, [folder, ...folders().filter((one) => one !== folder)].slice(0, KEPT));
      return { folder };
    },
  };
}

function options({ signal, progress }: Call): CallOptions {
  return { signal, onProgress: progress };
}

async function askFolder(): Promise<string | null> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Choose a folder of images to compare with'),
      canSelectFiles: false,
      canSelectFolders: true,
      ...(vscode.workspace.workspaceFolders?.[0] && { defaultUri: vscode.workspace.workspaceFolders[0].uri }),
    })) ?? [];
  return folder?.scheme === 'file' ? path.resolve(folder.fsPath) : null;
}
