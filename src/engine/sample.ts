import { access, cp, mkdir, readdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { reasonOf, writeFileAtomic } from './atomic';
import { writeShapes } from './dataset/shapes';
import { listImages } from './image';
import { UserError } from './userError';

/** What the sample is made of; `scripts/make-sample.mjs` trains the run that comes with it on the same images. */
export const SAMPLE = { images: 1800, size: 32, seed: 0, config: 'shapes.vit.yaml', data: 'images', run: 'shapes-sample' } as const;

/**
 * Writes the sample workspace: images in class folders, a configuration, a README and a small trained run, so that
 * classifying and looking inside work before any training. What is there already stays as it is.
 *
 * @param media folder that holds `run`, the trained run
 * @throws UserError when the folder holds other things, or cannot be written
 */
export async function createSample(
  folder: string,
  media: string,
  signal: AbortSignal,
  onProgress: (progress: { readonly done: number; readonly of: number }) => void,
): Promise<{ folder: string; image: string }> {
  const target = path.resolve(folder);
  await mkdir(target, { recursive: true });
  if (!(await exists(path.join(target, SAMPLE.config)))) await refuseForeign(target);
  const images = path.join(target, SAMPLE.data);
  if (!(await exists(path.join(images, 'test'))))
    await writeShapes(images, {
      ...SAMPLE,
      onProgress: (done, of) => {
        signal.throwIfAborted();
        onProgress({ done, of });
      },
    });
  await writeMissing(path.join(target, SAMPLE.config), sampleConfig());
  await writeMissing(path.join(target, 'README.md'), sampleReadme());
  await copyRun(media, path.join(target, 'runs'));
  const [image] = await listImages(path.join(images, 'test'));
  if (image === undefined) throw new Error('The sample has no test image');
  return { folder: target, image };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Hidden files (.git, .vscode) do not make a folder somebody's. */
async function refuseForeign(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  if (names.length > 0)
    throw new UserError(l10n.t('{0} is not empty ({1}, …). Choose an empty or new folder for the sample.', folder, names[0]!), { file: folder });
}

async function writeMissing(file: string, text: string): Promise<void> {
  if (!(await exists(file))) await writeFileAtomic(file, text);
}

async function copyRun(media: string, runs: string): Promise<void> {
  const source = path.join(media, 'run');
  try {
    // The others that come with the extension know other images than these.
    for (const name of await readdir(source)) if (name === SAMPLE.run) await cp(path.join(source, name), path.join(runs, name), { recursive: true, force: false });
  } catch (error) {
    throw new UserError(l10n.t('The trained run of the sample cannot be copied from {0}: {1}', source, reasonOf(error)));
  }
}

/** The configuration that the sample's run was trained with. */
export function sampleConfig(): string {
  const comment = (text: string): string => `# ${text}`;
  return `${comment(l10n.t('A small Vision Transformer that tells drawn shapes apart.'))}
${comment(l10n.t('Start it with the command "ViT Lab: Start Training", or in a terminal: npx vit-lab train {0}', SAMPLE.config))}
name: shapes sample
seed: 0

dataset:
  path: ${SAMPLE.data}             ${comment(l10n.t('train, val and test, each with a folder per class'))}

image:
  size: ${SAMPLE.size}

model:
  patch_size: 4            ${comment(l10n.t('8 × 8 patches and the class token'))}
  depth: 4
  num_heads: 4
  embed_dim: 32
  mlp_ratio: 2

train:
  epochs: 50
  batch_size: 32
  lr: 0.002
  warmup_epochs: 3
  weight_decay: 0.05
  augment:
    crop_padding: 2
    hflip: true
`;
}

function sampleReadme(): string {
  return `# ${l10n.t('ViT Lab sample')}

- \`${SAMPLE.data}/\`: ${l10n.t('drawn shapes in class folders (train, val, test)')}
- \`${SAMPLE.config}\`: ${l10n.t('the configuration of a small Vision Transformer')}
- \`runs/\`: ${l10n.t('a run that was trained with it, so that you can look inside at once')}

${l10n.t('What to try')}:

1. ${l10n.t('Open an image of {0} and run "ViT Lab: Inspect Image": patches, attention of every head, rollout.', `\`${SAMPLE.data}/test\``)}
2. ${l10n.t('Right-click an image or a folder and choose "ViT Lab: Classify Image".')}
3. ${l10n.t('Run "ViT Lab: Start Training" with {0}, and compare the new run with the old one.', `\`${SAMPLE.config}\``)}
`;
}
