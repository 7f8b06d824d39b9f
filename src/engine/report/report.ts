import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ReportQuestion, WrittenReport } from '../../reportProtocol';
import { speaking, spoken } from '../language';
import type { Looker } from '../looking';
import { UserError } from '../userError';
import { bibtex } from './bibliography';
import { collectRun } from './collect';
import { compose } from './compose';
import type { ReportDocument } from './document';
import { NAMES, refuseOccupied, writeReportFolder } from './folder';
import { groupsOf, labelsOf } from './groups';
import { htmlPage } from './html';
import { markdownText } from './markdown';
import type { DatasetSeen, Group, Material, ReportRun, RunFolder } from './material';
import { measure, type Measured } from './measure';
import { comparePairs, pairsOf, RESAMPLES } from './pairs';
import { DETAILED } from './sections/evaluation';

interface Call {
  readonly signal: AbortSignal;
  /** For people. */
  readonly onProgress: (message: string, share: number) => void;
}

/**
 * Writes a report of runs: a page of HTML that needs nothing else, the same as Markdown with its figures, and a bibliography.
 * What is damaged or not there becomes a sentence in it.
 *
 * @throws UserError when a folder is no run, the baseline is none of the runs, or the report cannot be written; an abort when stopped
 */
export async function writeReport(q: ReportQuestion, looker: Looker, call: Call): Promise<WrittenReport> {
  const folder = path.resolve(q.out);
  await refuseOccupied(folder, q.force ?? false);
  const language = q.language ?? spoken();
  const material = await materialOf(q, looker, call);
  call.onProgress(l10n.t('Writing the report'), 1);
  const { files, document } = speaking(language, () => {
    const composed = compose(material, { language, title: q.title, author: q.author });
    return { document: composed, files: filesOf(composed) };
  });
  await writeReportFolder(folder, files, call.signal);
  const at = (name: string): string => path.join(folder, name);
  return { folder, html: at(NAMES.html), markdown: at(NAMES.markdown), bibliography: at(NAMES.bibliography), files: [...files.keys()], notes: notesOf(material, document) };
}

function filesOf(document: ReportDocument): ReadonlyMap<string, string> {
  const figures = document.sections.flatMap(({ blocks }) => blocks.flatMap((block) => (block.kind === 'figure' ? [[`${NAMES.figures}/${block.name}.svg`, standalone(block.svg)] as const] : [])));
  return new Map([...figures, [NAMES.bibliography, bibtex(document.references.map(({ key }) => key))], [NAMES.markdown, markdownText(document)], [NAMES.html, htmlPage(document)]]);
}

/** A figure alone has no page whose ground and letters it could take. */
function standalone(svg: string): string {
  return `${svg.replace('<svg ', `<svg color="#1f2328" font-family="system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif" `).replace('\n', '\n<rect width="100%" height="100%" fill="#ffffff"/>\n')}\n`;
}

/** Collects and measures; nothing of it is in a language yet but what went wrong. */
export async function materialOf(q: ReportQuestion, looker: Looker, { signal, onProgress }: Call): Promise<Material> {
  const places = [...new Set([...q.runs, ...(q.baseline === undefined ? [] : [q.baseline])].map((run) => path.resolve(run)))];
  if (places.length === 0) throw new UserError(l10n.t('A report is of one run or more.'));
  const folders = await Promise.all(places.map((place) => collectRun(place)));
  const groups = groupsOf(folders);
  const labels = labelsOf(folders, groups);
  const baseline = q.baseline === undefined ? null : places.indexOf(path.resolve(q.baseline));
  const measured: (Measured | string | null)[] = [];
  for (const [i, run] of folders.entries()) {
    const told = (done: number, of: number): void => onProgress(l10n.t('Evaluating {0} ({1} of {2}): {3}/{4}', labels[i]!, i + 1, folders.length, done, of), (i + done / Math.max(1, of)) / folders.length);
    onProgress(l10n.t('Opening {0} ({1} of {2})', labels[i]!, i + 1, folders.length), i / folders.length);
    measured.push(q.recorded ? null : await measure(run, looker, { data: q.data, images: !q.withoutImages, pictures: groups.findIndex(({ runs }) => runs[0] === i) < DETAILED && isFirst(groups, i), signal, onProgress: told }));
  }
  const runs = folders.map((run, i) => asMeasured(run, measured[i]!, { label: labels[i]!, group: groups.findIndex((group) => group.runs.includes(i)) }));
  onProgress(l10n.t('Comparing'), 1);
  const { intervals, paired } = await comparePairs(runs, pairsOf(groups, folders.map(({ record }) => record?.seed), baseline), signal);
  return {
    runs: runs.map((run, i) => ({ ...run, intervals: intervals[i]! })),
    groups, baseline, paired, resamples: RESAMPLES, withoutImages: q.withoutImages ?? false, made: new Date(),
    datasets: datasetsOf(runs, measured),
  };
}

function isFirst(groups: readonly Group[], run: number): boolean {
  return groups.some(({ runs: [first] }) => first === run);
}

function asMeasured(run: RunFolder, measured: Measured | string | null, place: Pick<ReportRun, 'label' | 'group'>): ReportRun {
  const found = measured === null || typeof measured === 'string' ? null : measured;
  return {
    ...run,
    ...place,
    evaluation: found?.evaluation ?? run.recorded,
    confusion: found?.confusion ?? run.confusion,
    evaluatedNow: found !== null,
    predictions: found?.predictions ?? null,
    notEvaluated: typeof measured === 'string' ? measured : null,
    gallery: found?.gallery ?? null,
    facts: null,
    intervals: {},
  };
}

/** Each dataset once, as the first run that could open it found it. */
function datasetsOf(runs: readonly ReportRun[], measured: readonly (Measured | string | null)[]): readonly DatasetSeen[] {
  const fingerprints = [...new Set(runs.flatMap(({ record }) => (record ? [record.dataset.fingerprint] : [])))];
  return fingerprints.map((fingerprint) => {
    const own = runs.flatMap(({ record }, i) => (record?.dataset.fingerprint === fingerprint ? [i] : []));
    const opened = own.map((i) => measured[i]).filter((one) => typeof one === 'object' && one !== null);
    const best = opened.find(({ data }) => data.examples.length > 0) ?? opened[0];
    const why = own.map((i) => measured[i]).find((one) => typeof one === 'string') ?? null;
    const none = { findings: null, examples: [], aspect: 1, width: 1 };
    return { record: runs[own[0]!]!.record!.dataset, runs: own, closed: best ? null : (why ?? ''), ...(best?.data ?? none) };
  });
}

function notesOf({ runs }: Material, document: ReportDocument): string[] {
  const places = document.sections.reduce((sum, { blocks }) => sum + blocks.filter(({ kind }) => kind === 'own').length, 0);
  return [
    ...runs.flatMap(({ label, problems, notEvaluated, torn }) => [
      ...problems.map((problem) => `${label}: ${problem}`),
      ...(notEvaluated === null ? [] : [l10n.t('{0} was not evaluated again: {1}', label, notEvaluated)]),
      ...(torn > 0 ? [l10n.t('{0}: {1} lines of metrics.jsonl are damaged and were passed over.', label, torn)] : []),
    ]),
    l10n.t('Places for the author’s words: {0}.', places),
  ];
}
