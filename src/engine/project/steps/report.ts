import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { exists } from '../../runs/files';
import { writeReport } from '../../report/report';
import { lostOutputs } from '../reasons';
import { languageOf, seedsOf, type Plan } from '../pipelineFile';
import { runOf, seenFrom, type Step } from '../step';
import { trainName } from './train';

const FOLDER = 'reports/report';

/** The report of all trainings. What its author has written into an earlier one is never replaced: the new one then goes beside it. */
export function reportStep(trained: readonly string[], after: readonly string[]): Step {
  return {
    name: 'report',
    kind: 'report',
    after,
    editable: true,
    inputs: ({ plan }) => {
      const { title, author, baseline } = plan.report;
      return Promise.resolve({ 'report.language': languageOf(plan), ...(title !== undefined && { 'report.title': title }), ...(author !== undefined && { 'report.author': author }), ...(baseline !== undefined && { 'report.baseline': baseline }) });
    },
    async run(work, _, before) {
      const { plan, looker, signal, progress, log } = work;
      const { title, author, baseline } = plan.report;
      const edited = before?.state === 'done' ? (await lostOutputs(plan.folder, before)).edited : [];
      const earlier = Object.keys(before?.outputs ?? {}).find((name) => name.endsWith('/report.html'));
      const own = earlier === undefined ? undefined : path.posix.dirname(earlier);
      const out = own !== undefined && edited.length === 0 ? own : await freeFolder(plan);
      if (edited.length > 0) log('warning', l10n.t('{0} was written into and is kept; the new report is in {1}.', edited[0]!, out));
      const done = await writeReport(
        {
          runs: trained.map((name) => runOf(work, name)),
          out: path.join(plan.folder, out), language: languageOf(plan), force: out === own,
          ...(title !== undefined && { title }), ...(author !== undefined && { author }),
          ...(baseline !== undefined && { baseline: runOf(work, trainName(baseline, seedsOf(plan)[0]!)) }),
        },
        looker,
        { signal, onProgress: progress },
      );
      for (const note of done.notes) log('info', note);
      return { outputs: done.files.map((name) => seenFrom(plan, path.join(done.folder, name))) };
    },
  };
}

/** The first name that is not taken. */
async function freeFolder({ folder }: Plan): Promise<string> {
  for (let i = 1; ; i++) {
    const name = i === 1 ? FOLDER : `${FOLDER}-${i}`;
    if (!(await exists(path.join(folder, name)))) return name;
  }
}
