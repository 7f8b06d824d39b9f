import { access, mkdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { PracticalQuestion, WrittenPractical } from '../../practicalProtocol';
import { writeFileAtomic } from '../atomic';
import { writeShapes } from '../dataset/shapes';
import { SAMPLE } from '../sample';
import { UserError } from '../userError';
import { LOCAL_MLFLOW, practicalConfigs } from './configs';
import { DRAWN, practicalData } from './data';
import { practicalGuide } from './guide';
import { copyWeights } from './weights';

interface Watch {
  readonly signal: AbortSignal;
  /** Images drawn, of how many. */
  readonly onProgress: (progress: { readonly done: number; readonly of: number }) => void;
}

/**
 * Writes a practical of the course: configurations that end within minutes on a laptop, and a guide with the questions to
 * answer, in the user's language; where no images are given it draws some, and the third and fourth get weights to fine-tune.
 * A file that is there already is never replaced: it is named in `kept`.
 *
 * @param media folder that holds `run`, the trained runs
 * @throws UserError when the images cannot be opened or lack a class, the address is none, or nothing can be written
 */
export async function writePractical(question: PracticalQuestion, media: string, { signal, onProgress }: Watch): Promise<WrittenPractical> {
  const folder = path.resolve(question.folder);
  const { practical, mlflow } = question;
  if (mlflow !== undefined) checkAddress(mlflow);
  const data = await practicalData({ ...question, folder });
  const configs = practicalConfigs(practical, data, mlflow);
  const guide = { file: 'README.md', text: practicalGuide(practical, data, mlflow ?? LOCAL_MLFLOW) };
  await mkdir(folder, { recursive: true });
  if (data.drawn) await draw(path.join(folder, DRAWN), signal, onProgress);
  if (practical >= 3) await copyWeights(media, folder);
  const kept: string[] = [];
  for (const { file, text } of [...configs, guide]) {
    const target = path.join(folder, file);
    if (await exists(target)) kept.push(target);
    else await writeFileAtomic(target, text);
  }
  const at = (file: string): string => path.join(folder, file);
  return { folder, guide: at(guide.file), configs: configs.map(({ file }) => at(file)), kept, data: { drawn: data.drawn, path: data.path, classes: data.classes } };
}

async function draw(images: string, signal: AbortSignal, onProgress: Watch['onProgress']): Promise<void> {
  if (await exists(path.join(images, 'test'))) return;
  await writeShapes(images, {
    ...SAMPLE,
    onProgress: (done, of) => {
      signal.throwIfAborted();
      onProgress({ done, of });
    },
  });
}

function checkAddress(address: string): void {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UserError(l10n.t('{0} is no address of an MLflow server: http://HOST:PORT is needed.', address));
  if (url.username !== '' || url.password !== '') throw new UserError(l10n.t('Leave user and password out of the address of the MLflow server: a configuration is no place for them. See docs/tracking.md.'));
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
