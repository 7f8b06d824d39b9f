import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { readRecord, type RunRecord } from '../runs/files';
import { describeImages } from '../runs/images';
import type { Entry, SweepRecord } from './record';

/**
 * Why a training cannot be compared with the others of its sweep: images were added, changed or deleted since those were
 * trained. Nothing where all is well, and where there is none yet that asks for the same images.
 */
export async function otherImages(folder: string, record: SweepRecord, index: number): Promise<string | undefined> {
  const entry = record.entries[index]!;
  const now = await recordOf(folder, entry);
  if (!now) return undefined;
  for (const [i, other] of record.entries.entries()) {
    // Only what is in the table: one that is under way may be the odd one itself.
    if (i === index || other.state !== 'finished' || imagesAsked(record, other) !== imagesAsked(record, entry)) continue;
    const then = await recordOf(folder, other);
    if (!then) continue;
    if (then.dataset.fingerprint === now.dataset.fingerprint) return undefined;
    return l10n.t('Its images are not those of {0} (then {1}, now {2}): their results could not be compared. Put the images back and train it again, or begin a new sweep.', then.name, describeImages(then.dataset), describeImages(now.dataset));
  }
  return undefined;
}

/** What a combination says of its images: those that say the same have the same. */
function imagesAsked({ settings }: SweepRecord, { setting }: Entry): string {
  return settings[setting]!.set.filter((one) => one.startsWith('dataset.')).join('\n');
}

async function recordOf(folder: string, { run }: Entry): Promise<RunRecord | undefined> {
  return run === undefined ? undefined : await readRecord(path.resolve(folder, run)).catch(() => undefined);
}
