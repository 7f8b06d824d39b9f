import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { ensureFolder, writeFileAtomic } from '../../atomic';
import { csvText } from '../../csv';
import { imbalanceOf, warningsOf } from '../../dataset/findings';
import { UserError } from '../../userError';
import { SPLITS, type Data } from '../data';
import { speaking } from '../../language';
import { languageOf, type Plan } from '../pipelineFile';
import { seenFrom, type Step, type Work } from '../step';

const FOLDER = 'data/interim';

/** Looks at the raw data: what there is, how even the classes are, and whether an image is in two splits. Stops the pipeline where it says so. */
export function checkStep(after: readonly string[]): Step {
  return {
    name: 'check',
    kind: 'check',
    after,
    async inputs({ plan, data }) {
      const { max_leakage: leakage, min_per_class: least } = plan.check;
      const all = await data.all();
      // What is advised depends on what the configurations do already.
      const evened = all.filter((one) => one.evened).map(({ suffix }) => `check${suffix}`).join(' ');
      return { ...fingerprints(all), ...(evened !== '' && { class_weights: evened }), 'check.max_leakage': String(leakage), 'check.min_per_class': String(least), 'report.language': languageOf(plan) };
    },
    async run(work) {
      const all = await work.data.all();
      const outputs = [];
      for (const one of all) outputs.push(...(await writeCheck(work, one)));
      for (const one of all) refuse(work.plan, one, path.join(work.plan.folder, FOLDER));
      return { outputs };
    },
  };
}

/** By which a dataset is known, whatever its place. */
export function fingerprints(all: readonly Data[]): Record<string, string> {
  return Object.fromEntries(all.map(({ facts, suffix }) => [`data ${facts.name}${suffix === '' ? '' : ` (${suffix.slice(1)})`}`, facts.fingerprint]));
}

async function writeCheck({ plan, log }: Work, { facts, rows, suffix, evened }: Data): Promise<string[]> {
  const place = path.join(plan.folder, FOLDER);
  await ensureFolder(place);
  const warnings = warningsOf(facts.findings, facts.classes, evened);
  for (const warning of warnings) log('warning', warning);
  for (const { file, reason } of facts.broken) log('warning', l10n.t('Skipped {0}: {1}', file, reason));
  const { train, val, test } = facts.sizes;
  log('info', l10n.t('{0}: {1} classes; {2} training, {3} validation and {4} test images; {5} that cannot be read', facts.name, facts.classes.length, train, val, test, facts.broken.length));
  const inventory = [['image', 'class', 'sha256'], ...rows.map((row) => [row.name, facts.classes[row.label]!, row.sha256])];
  const files: readonly (readonly [string, string])[] = [
    [`inventory${suffix}.csv`, csvText(inventory)],
    [`check${suffix}.json`, `${JSON.stringify(summary(plan, facts, warnings), null, 2)}\n`],
    // In the language of the project, whatever that of the terminal is.
    [`check${suffix}.md`, speaking(languageOf(plan), () => page(facts, warningsOf(facts.findings, facts.classes, evened)))],
  ];
  for (const [name, text] of files) await writeFileAtomic(path.join(place, name), text);
  return files.map(([name]) => `${FOLDER}/${name}`);
}


function summary(plan: Plan, { name, path: place, format, classes, sizes, fingerprint, findings, broken }: Data['facts'], warnings: readonly string[]): object {
  const ratio = imbalanceOf(findings);
  return { name, path: place === '' ? '' : seenFrom(plan, place), format, classes, sizes, fingerprint, counts: findings.counts, imbalance: Number.isFinite(ratio) ? ratio : null, duplicates: findings.duplicates.across, within: findings.duplicates.within, broken: broken.length, warnings };
}

function page({ name, classes, sizes, findings, broken, fingerprint }: Data['facts'], warnings: readonly string[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const { across } = findings.duplicates;
  return [
    `# ${l10n.t('Check of the data: {0}', name)}`,
    '',
    row([l10n.t('class'), l10n.t('training'), l10n.t('validation'), l10n.t('test')]),
    '|---|--:|--:|--:|',
    ...classes.map((label, k) => row([cell(label), ...SPLITS.map((split) => String(findings.counts[split][k]!))])),
    row([`**${l10n.t('all')}**`, ...SPLITS.map((split) => String(sizes[split]))]),
    '',
    `- ${l10n.t('largest class over smallest, training: {0}', imbalanceOf(findings).toFixed(2))}`,
    `- ${l10n.t('images that cannot be read: {0}', broken.length)}`,
    `- ${l10n.t('the same file in two splits: training and validation {0}, training and test {1}, validation and test {2}', across['train-val'], across['train-test'], across['val-test'])}`,
    `- ${l10n.t('fingerprint of classes, splits and contents: {0}', `\`${fingerprint}\``)}`,
    ...(warnings.length > 0 ? ['', `## ${l10n.t('Warnings')}`, '', ...warnings.map((warning) => `- ${warning}`)] : []),
    '',
  ].join('\n');
}

/** @throws UserError where the data are not fit for an honest test, as far as `check` says */
function refuse({ check, file }: Plan, { facts, suffix }: Data, place: string): void {
  const told = path.join(place, `check${suffix}.md`);
  const { findings, classes, sizes } = facts;
  const few = classes.filter((_, k) => findings.counts.train[k]! < check.min_per_class);
  if (few.length > 0) throw new UserError(l10n.t('{0}: too few training images of {1}; check.min_per_class asks for {2}. {3} lists all. Add images, or lower it in {4}.', facts.name, few.slice(0, 5).join(', '), check.min_per_class, told, file), { file });
  const { 'train-test': train, 'val-test': val } = findings.duplicates.across;
  const share = (train + val) / Math.max(1, sizes.test);
  if (share > check.max_leakage)
    throw new UserError(l10n.t('{0}: {1} of {2} test images are among those of training or validation, too (the same file); check.max_leakage allows {3} %. What is measured on them says nothing. {4} has examples. Remove the copies, or raise it in {5}.', facts.name, train + val, sizes.test, Number((100 * check.max_leakage).toPrecision(3)), told, file), { file });
}
