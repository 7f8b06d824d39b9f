import * as path from 'node:path';
import { ensureFolder, writeFileAtomic } from '../../atomic';
import { csvText } from '../../csv';
import type { Step } from '../step';
import { fingerprints } from './check';

const FOLDER = 'data/processed';

/** Writes down which image is in which split. No image is copied: trainings read the raw ones, and must find this very split. */
export function splitStep(): Step {
  return {
    name: 'split',
    kind: 'split',
    after: ['check'],
    inputs: async ({ data }) => fingerprints(await data.all()),
    async run({ plan, data }) {
      const outputs: string[] = [];
      await ensureFolder(path.join(plan.folder, FOLDER));
      for (const { facts, rows, suffix } of await data.all()) {
        const lines = rows.map(({ split, label, name, sha256 }) => [split, facts.classes[label]!, name, sha256]);
        outputs.push(`${FOLDER}/split${suffix}.csv`);
        await writeFileAtomic(path.join(plan.folder, outputs.at(-1)!), csvText([['split', 'class', 'image', 'sha256'], ...lines]));
      }
      return { outputs };
    },
  };
}
