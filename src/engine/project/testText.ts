import * as l10n from '@vscode/l10n';

/** Tests of a project's results, with what Node has: no package and no Python is needed. Their words are those of the student. */
export function pipelineTest(): string {
  const say = (text: string): string => JSON.stringify(text);
  return `// ${l10n.t('Tests of what the pipeline has made. Run them with: node --test tests/pipeline.test.mjs')}
// ${l10n.t('Add your own: what must be true of your data and results, whoever runs the pipeline.')}
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const project = path.resolve(fileURLToPath(import.meta.url), '../..');

/** ${l10n.t('Rows of a CSV file as objects, by the names of its first line.')} */
function table(file) {
  const place = path.join(project, file);
  assert.ok(existsSync(place), \`\${file}: ${l10n.t('is not there; run vit-lab pipeline first').replaceAll('`', "'")}\`);
  const [names, ...rows] = readFileSync(place, 'utf8').trimEnd().split('\\r\\n').map(cells);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
}

function cells(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
}

function splits() {
  const names = existsSync(path.join(project, 'data/processed')) ? readdirSync(path.join(project, 'data/processed')).filter((name) => /^split.*\\.csv$/.test(name)) : [];
  assert.ok(names.length > 0, ${say(l10n.t('there is no split in data/processed; run vit-lab pipeline first'))});
  return names.map((name) => table(\`data/processed/\${name}\`));
}

test(${say(l10n.t('no image is in the test and in what the network learns from'))}, () => {
  for (const rows of splits()) {
    const learnt = new Set(rows.filter(({ split }) => split !== 'test').map(({ sha256 }) => sha256));
    const leaked = rows.filter(({ split, sha256 }) => split === 'test' && learnt.has(sha256)).map(({ image }) => image);
    assert.deepEqual(leaked, []);
  }
});

test(${say(l10n.t('every class has images to learn from and to be tested on'))}, () => {
  for (const rows of splits()) {
    const classes = new Set(rows.map((row) => row.class));
    for (const split of ['train', 'test']) {
      const found = new Set(rows.filter((row) => row.split === split).map((row) => row.class));
      assert.deepEqual([...classes].filter((name) => !found.has(name)), [], split);
    }
  }
});

test(${say(l10n.t('every network is better than guessing, beyond chance'))}, () => {
  const classes = new Set(splits().flat().map((row) => row.class)).size;
  for (const { config, seed, top1_low: low } of table('reports/evaluations.csv')) assert.ok(Number(low) > 1 / classes, \`\${config}, \${seed}: \${low} ≤ \${1 / classes}\`);
});
`;
}
