import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { ensureFolder, writeFileAtomic } from '../../atomic';
import { confusionPicture } from '../../confusionPicture';
import { fileOfImage, openSet, type OpenedSet } from '../../features/imageSet';
import { hasClassToken } from '../../inspect/patches';
import { change, spoken } from '../../language';
import type { Opened } from '../../looking';
import { hasAttention } from '../../model/spec';
import { readRecord } from '../../runs/files';
import { readConfusion } from '../../runs/read';
import type { Canvas } from '../../terminal/canvas';
import { drawAttention, drawPositions, drawRollout } from '../../terminal/pictures';
import { languageOf, seedsOf, stemOf } from '../pipelineFile';
import { runOf, type Step, type Work } from '../step';
import { trainName } from './train';

const FOLDER = 'reports/figures';

/** Confusion matrix and attention of the first seed of every configuration. */
export function figuresStep(configs: readonly string[], seed: number): Step {
  return {
    name: 'figures',
    kind: 'figures',
    after: configs.map((config) => trainName(config, seed)),
    inputs: ({ plan }) => Promise.resolve({ 'figures.images': String(plan.figures.images), 'report.language': languageOf(plan) }),
    async run(work) {
      const before = spoken();
      // Pictures are for the reader of the report, whoever runs the pipeline.
      change(languageOf(work.plan));
      try {
        return { outputs: await allFigures(work, configs) };
      } finally {
        change(before);
      }
    },
  };
}

async function allFigures(work: Work, configs: readonly string[]): Promise<string[]> {
  await ensureFolder(path.join(work.plan.folder, FOLDER));
  const outputs: string[] = [];
  for (const [i, config] of configs.entries()) {
    work.progress(l10n.t('Drawing {0}', stemOf(config)), i / configs.length);
    outputs.push(...(await figuresOf(work, config)));
  }
  return outputs;
}

async function figuresOf(work: Work, config: string): Promise<string[]> {
  const { plan, looker, signal } = work;
  const [name, run] = [stemOf(config), runOf(work, trainName(config, seedsOf(plan)[0]!))];
  const made: string[] = [];
  const save = async (file: string, content: string | Uint8Array): Promise<void> => {
    await writeFileAtomic(path.join(plan.folder, FOLDER, file), content);
    made.push(`${FOLDER}/${file}`);
  };
  const confusion = await readConfusion(run);
  if (confusion) await save(`${name}-confusion.svg`, confusionPicture(confusion));
  const split = (await readRecord(run)).dataset.sizes.test > 0 ? 'test' : 'val';
  const chosen = await looker.withCheckpoint(run, async (opened) => (hasAttention(opened.spec) && plan.figures.images > 0 ? filesOf(await openSet(opened, { split }, signal), opened, plan.figures.images) : null));
  if (chosen === null) return made;
  for (const { label, file } of chosen) for (const [kind, canvas] of await drawn(work, run, file)) await save(`${name}-${kind}-${safe(label)}.png`, (await canvas.png()).png);
  const positions = await looker.viewPositions(run);
  if (positions.similarity) await save(`${name}-positions.png`, (await drawPositions(positions, positions.similarity, name).png()).png);
  return made;
}

async function drawn({ looker, signal }: Work, checkpoint: string, file: string): Promise<readonly (readonly [string, Canvas])[]> {
  const question = { checkpoint, file };
  const view = await looker.viewImage(question, signal);
  // A model with average pooling has no class token: attention is then shown from the patch in the middle.
  const query = hasClassToken(view) ? 0 : view.prefix.length + Math.floor(((view.grid.rows + 1) * view.grid.columns) / 2);
  const attention = await looker.viewAttention({ ...question, query }, signal);
  const rollout = await looker.viewRollout({ ...question, fusion: 'mean', discard: 0 }, signal);
  return [['attention', drawAttention(view, attention)], ['rollout', drawRollout(view, rollout)]];
}

/** The first image of each class in turn: a rule that does not look at how the pictures turn out. */
async function filesOf(set: OpenedSet, { meta: { classes } }: Opened, most: number): Promise<readonly { readonly label: string; readonly file: string }[]> {
  const first = new Map<string, number>();
  for (let i = 0; i < set.size && first.size < classes.length; i++) {
    const label = set.label(i);
    if (label !== null && !first.has(label)) first.set(label, i);
  }
  const few = classes.filter((label) => first.has(label)).slice(0, most);
  return Promise.all(few.map(async (label) => ({ label, file: await fileOfImage(set, first.get(label)!) })));
}

function safe(label: string): string {
  return label.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-').slice(0, 40);
}
