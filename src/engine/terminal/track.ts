import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { TrackReport } from '../../protocol';
import { mebibytes } from '../units';
import { text, texts, UsageError, type Command, type Terminal } from './command';

/** What a run becomes besides a run on a server: option and form. */
const FORMS = [['tensorboard', 'tensorboard'], ['csv', 'csv'], ['json-dir', 'json']] as const;

export const trackCommand: Command = {
  get summary() {
    return l10n.t('send runs to an MLflow server, or write them for TensorBoard, as CSV or JSON');
  },
  usage: 'RUN|SWEEP… [--mlflow URI] [--experiment NAME] [--tag KEY=VALUE]… [--dry-run] [--again] [--tensorboard DIR] [--csv DIR] [--json-dir DIR] [--json]',
  options: {
    mlflow: { type: 'string' },
    experiment: { type: 'string' },
    tag: { type: 'string', multiple: true },
    'dry-run': { type: 'boolean' },
    again: { type: 'boolean' },
    tensorboard: { type: 'string' },
    csv: { type: 'string' },
    'json-dir': { type: 'string' },
  },
  get help() {
    return {
      mlflow: l10n.t('address of the server (default: tracking.mlflow.uri of the run, else MLFLOW_TRACKING_URI); what it has is not sent again'),
      experiment: l10n.t('name of the experiment, made when it is missing (default: tracking.mlflow.experiment, else MLFLOW_EXPERIMENT_NAME, else Default)'),
      tag: l10n.t('KEY=VALUE: a tag of the run on the server'),
      'dry-run': l10n.t('say what would be sent, and send nothing'),
      again: l10n.t('send as a new run, also what the server has already'),
      tensorboard: l10n.t('write event files of TensorBoard into a folder of each run below this one'),
      csv: l10n.t('write tables of metrics, configuration, checkpoints, classes … into a folder of each run below this one'),
      'json-dir': l10n.t('write all of it as one document RUN.json into this folder'),
    };
  },
  takes: [1, Infinity],
  async run(terminal) {
    const { args, output } = terminal;
    const forms = FORMS.flatMap(([option, as]) => {
      const folder = text(terminal, option);
      return folder === undefined ? [] : [{ folder, as }];
    });
    const toServer = forms.length === 0 || terminal.values['mlflow'] !== undefined;
    const serverOnly = ['experiment', 'tag', 'dry-run', 'again'].find((name) => terminal.values[name] !== undefined);
    if (!toServer && serverOnly !== undefined) throw new UsageError(l10n.t('--{0} is for --mlflow', serverOnly));
    const tags = tagsOf(terminal);
    const written: string[] = [];
    const reports: TrackReport[] = [];
    for (const run of args) {
      for (const form of forms) written.push(...(await terminal.engine.api.writeRun({ run, ...form }, terminal.call((message) => output.progress(String(message))))));
      if (toServer) reports.push(...(await send(terminal, run, tags)));
    }
    output.settle();
    if (output.json) output.document({ ...(toServer && { sent: reports }), ...(forms.length > 0 && { written }) });
    for (const file of written) output.print(path.relative('', file));
    return 0;
  },
};

async function send(terminal: Terminal, run: string, tags: Readonly<Record<string, string>>): Promise<readonly TrackReport[]> {
  const { engine, output, values } = terminal;
  const [uri, experiment] = [text(terminal, 'mlflow'), text(terminal, 'experiment')];
  const question = { run, tags, ...(uri !== undefined && { uri }), ...(experiment !== undefined && { experiment }), ...(values['dry-run'] === true && { dryRun: true }), ...(values['again'] === true && { again: true }) };
  const reports = await engine.api.trackRun(question, terminal.call((message) => output.progress(String(message))));
  output.settle();
  for (const report of reports) show(terminal, report, values['dry-run'] === true);
  return reports;
}

function show({ output }: Terminal, report: TrackReport, dry: boolean): void {
  const { run, uri, experiment, url, params, metrics, tags, artifacts, notes } = report;
  output.print(output.style('bold', path.basename(run)));
  const bytes = mebibytes(artifacts.reduce((sum, one) => sum + one.bytes, 0));
  const counts = [metrics, params, tags, artifacts.length, bytes] as const;
  if (dry) {
    output.print(l10n.t('  would be sent to {0}, experiment {1}:', uri, experiment));
    output.print(l10n.t('  values of metrics: {0}; parameters: {1}; tags: {2}; files: {3} ({4})', ...counts));
    for (const { path: place, bytes: size } of artifacts) output.print(`    ${place}${size > 0 ? `  ${mebibytes(size)}` : ''}`);
  } else if (metrics + params + artifacts.length === 0) {
    output.print(l10n.t('  the server has all of it already'));
  } else output.print(l10n.t('  values of metrics: {0}; parameters: {1}; tags: {2}; files: {3} ({4})', ...counts));
  if (url !== undefined) output.print(`  ${url}`);
  for (const note of notes) output.note(`  ${note}`);
}

function tagsOf(terminal: Terminal): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts(terminal, 'tag').map((given) => {
      const at = given.indexOf('=');
      if (at < 1) throw new UsageError(l10n.t('--tag takes KEY=VALUE, not {0}', given));
      return [given.slice(0, at), given.slice(at + 1)];
    }),
  );
}
