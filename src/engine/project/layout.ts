import * as l10n from '@vscode/l10n';
import { extensionsJson, settingsJson, tasksJson, workflow } from './automation';
import type { ProjectParts } from './newProject';
import { PROJECT_SAMPLE } from './sampleData';
import { readme } from './readme';
import { pipelineTest } from './testText';

/** Folders that are empty at first: git keeps none without a file. */
const EMPTY = ['data/external', 'data/interim', 'data/processed', 'data/raw', 'models', 'notebooks', 'references', 'reports/figures', 'src'] as const;

/** All files of a new project but its configurations, with their contents. */
export function projectFiles(parts: ProjectParts): readonly (readonly [name: string, content: string])[] {
  return [
    ['README.md', readme(parts)],
    ['.gitignore', gitignore()],
    ['pipeline.yaml', pipelineYaml(parts)],
    ...EMPTY.map((folder) => [`${folder}/.gitkeep`, ''] as const),
    ['tests/pipeline.test.mjs', pipelineTest()],
    ['.vscode/tasks.json', tasksJson()],
    ['.vscode/extensions.json', extensionsJson()],
    ['.vscode/settings.json', settingsJson()],
    ['.github/workflows/pipeline.yml', workflow(parts)],
  ];
}

function gitignore(): string {
  const kept = (folder: string): string[] => [`/${folder}/*`, `!/${folder}/.gitkeep`];
  return [
    `# ${l10n.t('Data are not versioned: pipeline.lock has their fingerprints.')}`,
    ...['data/external', 'data/interim', 'data/processed', 'data/raw'].flatMap(kept),
    '',
    `# ${l10n.t('Runs and checkpoints are large, and are made again by the pipeline.')}`,
    ...kept('models'),
    '',
    '/logs/',
    '*.tmp',
    '.DS_Store',
    'Thumbs.db',
    '.ipynb_checkpoints/',
    '__pycache__/',
    '.venv/',
    '.env',
    '',
  ].join('\n');
}

function pipelineYaml({ name, language, configs, dataset }: ProjectParts): string {
  const line = (text: string, comment: string): string => `${text.padEnd(34)}# ${comment}`;
  const { folder, images, size, seed } = PROJECT_SAMPLE;
  return [
    `# ${l10n.t('From raw data to report. Run it with: vit-lab pipeline')}`,
    `# ${l10n.t('What would be done, and why: vit-lab pipeline --dry-run')}`,
    `name: ${JSON.stringify(name)}`,
    '',
    ...(dataset === undefined
      ? [
          `# ${l10n.t('Raw data that are drawn where they are not there; remove it when the configurations name your own.')}`,
          'sample:',
          `  folder: ${folder}`,
          `  images: ${images}`,
          `  size: ${size}`,
          `  seed: ${seed}`,
          '',
        ]
      : []),
    `# ${l10n.t('Which networks are trained and compared; each says where its images are.')}`,
    'configs:',
    ...configs.map((config) => `  - ${config}`),
    `# ${l10n.t('Each is trained with all of these, so that a difference can be told from chance.')}`,
    'seeds: [0, 1, 2]',
    line('models: models', l10n.t('where the runs go')),
    '',
    'check:',
    line('  max_leakage: 0', l10n.t('share of the test images that may be in training or validation, too')),
    line('  min_per_class: 2', l10n.t('least training images of every class')),
    '',
    'figures:',
    line('  images: 3', l10n.t('test images whose attention is drawn')),
    '',
    'report:',
    `  title: ${JSON.stringify(name)}`,
    line('  # author: ""', l10n.t('your name')),
    `  language: ${language}`,
    line(`  baseline: ${configs.at(-1)!}`, l10n.t('what the others are compared with')),
    '',
    'log:',
    line('  level: info', l10n.t('debug, info, warning or error')),
    '  file: logs/pipeline.log',
    '',
  ].join('\n');
}
