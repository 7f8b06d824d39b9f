import { rmdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { NewProject, NewProjectQuestion } from '../../projectProtocol';
import { disk, ensureFolder, writeFileAtomic } from '../atomic';
import { isSpoken, speaking, spoken } from '../language';
import { configText, look, type Found } from '../newConfig';
import { exists } from '../runs/files';
import { SHAPES } from '../dataset/shapes';
import { UserError } from '../userError';
import { projectFiles } from './layout';
import { PROJECT_SAMPLE } from './sampleData';
import { drawSample } from './steps/raw';

const CONFIGS = { vit: 'configs/vit.vit.yaml', cnn: 'configs/cnn.vit.yaml' } as const;

/** What a project is made of. */
export interface ProjectParts {
  readonly name: string;
  readonly language: string;
  readonly configs: readonly string[];
  /** The dataset as the project names it; undefined of the drawn sample. */
  readonly dataset: string | undefined;
}

/**
 * Writes a project in the layout of cookiecutter data science, with configurations for a dataset, a pipeline and what runs it.
 * A file that is there is never replaced; what was written is taken away again when something goes wrong.
 *
 * @throws UserError naming the files that are in the way, or what cannot be written; an abort when stopped
 */
export async function newProject(q: NewProjectQuestion, signal: AbortSignal, onProgress: (done: number, of: number) => void): Promise<NewProject> {
  const folder = path.resolve(q.folder);
  const name = q.name ?? path.basename(folder);
  const language = q.language ?? spoken();
  if (!isSpoken(language)) throw new UserError(l10n.t('There is no translation into {0}; en and es are there.', language));
  const found = q.dataset === undefined ? sampleFound() : await look(path.join(folder, CONFIGS.vit), q.dataset);
  const dataset = q.dataset === undefined ? undefined : path.posix.normalize(path.posix.join('configs', found.path));
  const files = speaking(language, () => filesOf({ name, language, configs: Object.values(CONFIGS), dataset: q.dataset !== undefined && path.isAbsolute(found.path) ? found.path : dataset }, found));
  await refuseExisting(folder, [...files.keys(), ...(q.dataset === undefined ? [PROJECT_SAMPLE.folder] : [])]);
  const made: string[] = [];
  try {
    for (const [file, content] of files) {
      signal.throwIfAborted();
      await writeNew(path.join(folder, file), content, made);
    }
    if (q.dataset === undefined) {
      const place = path.join(folder, PROJECT_SAMPLE.folder);
      made.push(place);
      await drawSample(place, PROJECT_SAMPLE, signal, onProgress);
    }
  } catch (error) {
    await takeBack(made);
    throw error;
  }
  const written = [...files.keys(), ...(q.dataset === undefined ? [PROJECT_SAMPLE.folder] : [])];
  return { folder, readme: path.join(folder, 'README.md'), pipeline: path.join(folder, 'pipeline.yaml'), files: written };
}

function filesOf(parts: ProjectParts, found: Found): ReadonlyMap<string, string> {
  return new Map([...projectFiles(parts), [CONFIGS.vit, configText(CONFIGS.vit, found, 'vit')], [CONFIGS.cnn, configText(CONFIGS.cnn, found, 'cnn')]]);
}

function sampleFound(): Found {
  return { path: `../${PROJECT_SAMPLE.folder}`, classes: SHAPES, images: PROJECT_SAMPLE.images, size: PROJECT_SAMPLE.size, patch: 4, grey: false, small: true };
}

async function refuseExisting(folder: string, names: readonly string[]): Promise<void> {
  if ((await exists(folder)) && !(await disk.stat(folder)).isDirectory()) throw new UserError(l10n.t('{0} is a file. Choose another folder.', folder), { file: folder });
  const there = await Promise.all(names.map(async (name) => ((await exists(path.join(folder, name))) ? [name] : [])));
  const taken = there.flat();
  if (taken.length > 0) throw new UserError(l10n.t('{0} has files of these names already: {1}. Nothing was written. Choose another folder, or move them away.', folder, taken.join(', ')), { file: folder });
}

/** Writes a file and the folders that it needs; tells `made` what was not there before. */
async function writeNew(file: string, content: string, made: string[]): Promise<void> {
  const folders: string[] = [];
  for (let above = path.dirname(file); !(await exists(above)); above = path.dirname(above)) folders.unshift(above);
  await ensureFolder(path.dirname(file));
  made.push(...folders, file);
  await writeFileAtomic(file, content);
}

/** The newest first; a folder only when it is empty: something else may have come into it. */
async function takeBack(made: readonly string[]): Promise<void> {
  for (const place of made.toReversed()) {
    const isFolder = await disk.stat(place).then((stats) => stats.isDirectory(), () => false);
    await (isFolder ? rmdir(place) : disk.rm(place, { force: true })).catch(() => undefined);
  }
}
