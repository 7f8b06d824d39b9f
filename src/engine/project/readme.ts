import * as l10n from '@vscode/l10n';
import type { ProjectParts } from './newProject';
import { PROJECT_SAMPLE } from './sampleData';

/** What a newcomer to the project reads first, in their language. */
export function readme({ name, configs, dataset }: ProjectParts): string {
  return [
    `# ${name}`,
    '',
    l10n.t('Image classification with a small Vision Transformer, compared with a CNN under the same recipe. This paragraph is yours: say what the images show, what is to be told apart, and who would use it.'),
    '',
    `## ${l10n.t('One command')}`,
    '',
    '```sh',
    'vit-lab pipeline',
    '```',
    '',
    `${l10n.t('It goes from raw data to report. In VS Code: “ViT Lab: Run Pipeline” in the command palette (F1), or Terminal › Run Build Task.')} ${l10n.t('A step is skipped while what it is made from has not changed; each says why it runs. Ctrl-C stops with a checkpoint, and the same command goes on from there.')}`,
    '',
    ...stepTable(dataset),
    '',
    `- \`vit-lab pipeline --dry-run\`: ${l10n.t('what would be done, and why')}`,
    `- \`vit-lab pipeline --only train/vit\`: ${l10n.t('one step, or all of a kind')}`,
    `- \`vit-lab pipeline --force\`: ${l10n.t('also what has not changed')}`,
    `- \`node --test tests/pipeline.test.mjs\`: ${l10n.t('tests of data and results')}`,
    '',
    l10n.t('To see the terminal command `vit-lab` without VS Code, build ViT Lab from its source: `npm ci && npm run build && npm link`.'),
    '',
    `## ${l10n.t('What lies where')}`,
    '',
    ...folderTable(configs),
    '',
    `## ${l10n.t('What to do now')}`,
    '',
    ...todo(dataset).map((line, i) => `${i + 1}. ${line}`),
    '',
    `## ${l10n.t('Logs')}`,
    '',
    l10n.t('`logs/pipeline.log` has a line for everything that happened: time, level (DEBUG, INFO, WARNING, ERROR), step, message. `log.level` in `pipeline.yaml`, or `--log-level debug`, says how much. At 5 MB it is begun anew, and the one before is kept as `pipeline.log.1`. Each run has a log of its own, `models/<run>/log.jsonl`.'),
    '',
  ].join('\n');
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function stepTable(dataset: string | undefined): string[] {
  return [
    row(l10n.t('step'), l10n.t('what it does'), l10n.t('what it leaves')),
    '|---|---|---|',
    ...(dataset === undefined ? [row('raw', l10n.t('draws the sample, where it is not there'), `\`${PROJECT_SAMPLE.folder}\``)] : []),
    row('check', l10n.t('reads every image; counts classes; looks for images that are in two splits, and stops when there are any'), '`data/interim/check.md`, `inventory.csv`'),
    row('split', l10n.t('writes down which image is in which split; no image is copied'), '`data/processed/split.csv`'),
    row('train', l10n.t('trains each configuration with each seed'), '`models/`'),
    row('evaluate', l10n.t('measures each on the test images'), '`reports/evaluation/`'),
    row('compare', l10n.t('mean ± standard deviation over the seeds'), '`reports/comparison.md`, `evaluations.csv`'),
    row('figures', l10n.t('confusion matrices; attention on test images'), '`reports/figures/`'),
    row('report', l10n.t('the report, with intervals, paired tests and marked places for your own words'), '`reports/report/report.html`'),
  ];
}

function folderTable(configs: readonly string[]): string[] {
  return [
    row(l10n.t('folder or file'), l10n.t('for what')),
    '|---|---|',
    row('`data/raw`', l10n.t('the original data; never changed by hand or program')),
    row('`data/external`', l10n.t('data of third parties')),
    row('`data/interim`', l10n.t('what is on the way: inventory and check')),
    row('`data/processed`', l10n.t('what the networks are given: the split')),
    row('`models`', l10n.t('runs: configuration, metrics, checkpoints, log')),
    row('`notebooks`', l10n.t('explorations; name them by number, author and topic, e.g. `1.0-ab-first-look`')),
    row('`references`', l10n.t('papers, descriptions of the data, manuals')),
    row('`reports`', l10n.t('results; `reports/figures` has the pictures')),
    row('`src`', l10n.t('your own code, e.g. a script that fetches the data into `data/raw`')),
    row('`tests`', l10n.t('what must be true of data and results')),
    row('`configs`', l10n.t('networks and how they are trained: {0}', configs.map((config) => `\`${config.replace(/^configs\//, '')}\``).join(', '))),
    row('`pipeline.yaml`', l10n.t('which steps are done with what')),
    row('`pipeline.lock`', l10n.t('what each step was made from (fingerprints) and what it made; commit it')),
    row('`logs`', l10n.t('what happened')),
    row('`.vscode`', l10n.t('tasks and settings of VS Code')),
    row('`.github/workflows`', l10n.t('the same command as a job for every push; its first lines say what it needs')),
  ];
}

function todo(dataset: string | undefined): string[] {
  return [
    ...(dataset === undefined
      ? [l10n.t('Run the pipeline once with the drawn sample (some minutes), and open `reports/report/report.html`.'), l10n.t('Put your own images into `data/raw`, a folder for each class; let `dataset.path` in the configurations name that folder, and remove `sample` from `pipeline.yaml`.')]
      : [l10n.t('The images are read from {0}. Bring them into `data/raw` and correct `dataset.path` in the configurations when the project shall be complete by itself.', `\`${dataset}\``), l10n.t('Run the pipeline, and open `reports/report/report.html`.')]),
    l10n.t('Change one thing in a configuration, look at `--dry-run`, and run it again: only what depends on it is done.'),
    l10n.t('Commit `pipeline.lock` and `reports` with the configuration that they come from.'),
  ];
}
