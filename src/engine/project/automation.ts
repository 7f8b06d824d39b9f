import * as l10n from '@vscode/l10n';
import type { ProjectParts } from './newProject';

/** What runs a project: tasks of VS Code, and a job for GitHub. */

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Tasks of the extension's own type: they run the command line that comes with it, and need nothing else. */
export function tasksJson(): string {
  const task = (label: string, args: readonly string[], more: object = {}): object => ({ label, type: 'vit-lab', command: 'pipeline', args, problemMatcher: [], ...more });
  return json({
    version: '2.0.0',
    tasks: [
      task(l10n.t('pipeline: from raw data to report'), [], { group: { kind: 'build', isDefault: true } }),
      task(l10n.t('what would run, and why'), ['--dry-run']),
      task(l10n.t('train'), ['--only', 'train']),
      task(l10n.t('evaluate'), ['--only', 'evaluate']),
      task(l10n.t('report'), ['--only', 'report']),
      { label: l10n.t('test'), type: 'process', command: 'node', args: ['--test', 'tests/pipeline.test.mjs'], problemMatcher: [], group: { kind: 'test', isDefault: true } },
    ],
  });
}

export function extensionsJson(): string {
  return json({ recommendations: ['vit-lab.vit-lab'] });
}

/** So that trainings which are started by hand go where those of the pipeline go. */
export function settingsJson(): string {
  return json({ 'vitLab.runsFolder': 'models' });
}

/** Does the pipeline for every push. Runs are kept between jobs, so that what has not changed is not trained again. */
export function workflow({ dataset }: ProjectParts): string {
  const comment = (text: string): string => `# ${text}`;
  return [
    comment(l10n.t('Does the pipeline and the tests. Where ViT Lab comes from, the repository variable VIT_LAB_REPOSITORY says (Settings, Secrets and variables, Actions): owner/name of its source on GitHub.')),
    'name: pipeline',
    'on: [push, workflow_dispatch]',
    'permissions:',
    '  contents: read',
    'jobs:',
    '  pipeline:',
    '    runs-on: ubuntu-latest',
    '    timeout-minutes: 120',
    '    steps:',
    '      - uses: actions/checkout@v4',
    '      - uses: actions/setup-node@v4',
    '        with:',
    '          node-version: 24',
    `      - name: ${l10n.t('Is ViT Lab named?')}`,
    "        if: vars.VIT_LAB_REPOSITORY == ''",
    `        run: echo "::error::${l10n.t('Set the repository variable VIT_LAB_REPOSITORY to owner/name of ViT Lab on GitHub.')}"; exit 1`,
    '      - uses: actions/checkout@v4',
    '        with:',
    '          repository: ${{ vars.VIT_LAB_REPOSITORY }}',
    '          path: .vit-lab',
    '      - name: ViT Lab',
    '        working-directory: .vit-lab',
    '        run: npm ci && npm run build && npm link',
    ...(dataset === undefined
      ? []
      : [
          `      - name: ${l10n.t('Raw data')}`,
          `        run: echo "::error::${l10n.t('Replace this step by one that brings the data to {0}.', dataset).replaceAll('"', '')}"; exit 1`,
        ]),
    '      - uses: actions/cache@v4',
    '        with:',
    '          path: models',
    "          key: models-${{ hashFiles('pipeline.yaml', 'configs/**') }}-${{ github.run_id }}",
    "          restore-keys: |",
    "            models-${{ hashFiles('pipeline.yaml', 'configs/**') }}-",
    '            models-',
    '      - run: vit-lab pipeline',
    '      - run: node --test tests/pipeline.test.mjs',
    '      - uses: actions/upload-artifact@v4',
    '        if: always()',
    '        with:',
    '          name: reports',
    '          path: |',
    '            reports',
    '            logs',
    '            pipeline.lock',
    '',
  ].join('\n');
}
