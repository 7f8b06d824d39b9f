import * as l10n from '@vscode/l10n';
import type { ModelFacts } from '../../protocol';
import { modelFacts } from '../facts';
import { fitToPatch } from '../model/spec';
import { referencesOf } from './bibliography';
import { cited, type ReportDocument, type Section } from './document';
import { groupsOf, labelsOf } from './groups';
import type { Material, RunFolder } from './material';
import { appendix } from './sections/appendix';
import { attention } from './sections/attention';
import { cost } from './sections/cost';
import { data } from './sections/data';
import { evaluation } from './sections/evaluation';
import { failures } from './sections/failures';
import { glance } from './sections/glance';
import { goal } from './sections/goal';
import { model } from './sections/model';
import { reproducibility } from './sections/reproducibility';
import { training } from './sections/training';
import { enumerated } from './words';

export interface Cover {
  readonly language: string;
  readonly title: string | undefined;
  readonly author: string | undefined;
}

/** From numbers to sentences, in the language that is spoken now. Nothing here waits for anything, so that it stays one language. */
export function compose(collected: Material, { language, title, author }: Cover): ReportDocument {
  // Names say how far a run came, in the language of the report.
  const groups = groupsOf(collected.runs);
  const labels = labelsOf(collected.runs, groups);
  const material: Material = { ...collected, groups, runs: collected.runs.map((run, i) => ({ ...run, label: labels[i]!, facts: factsOf(run) })) };
  const make = [glance, goal, data, model, training, evaluation, attention, failures, cost, reproducibility, appendix];
  const sections: readonly Section[] = make.map((section) => section(material));
  const names = material.groups.map(({ name }) => name);
  return {
    language,
    title: title ?? (names.length === 1 ? l10n.t('Report: {0}', names[0]!) : l10n.t('Report of an experiment')),
    author: author ?? null,
    date: material.made.toISOString().slice(0, 10),
    subtitle: subtitle(material, names),
    sections,
    references: referencesOf(cited(sections)),
  };
}

function factsOf({ spec, config }: RunFolder): ModelFacts | null {
  return spec && config && modelFacts(spec, Math.ceil(config.train.batch_size / config.train.grad_accum_steps), fitToPatch(config.image, config.model));
}

function subtitle({ runs, datasets }: Material, names: readonly string[]): string {
  const on = enumerated([...new Set(datasets.map(({ record }) => record.name))]);
  const what = names.length > 4 ? l10n.t('{0} and {1} more', names.slice(0, 4).join(', '), names.length - 4) : enumerated(names);
  if (on === '') return what;
  return runs.length === 1 ? l10n.t('{0} on {1}, one run', what, on) : l10n.t('{0} on {1}, {2} runs', what, on, runs.length);
}
