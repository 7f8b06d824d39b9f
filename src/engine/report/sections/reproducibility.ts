import * as l10n from '@vscode/l10n';
import * as path from 'node:path';
import { citing, text, type Block, type Inline, type Section } from '../document';
import type { Material, ReportRun } from '../material';
import { engineSource } from '../sources';
import { NONE } from '../words';

/** All that is needed to do it again. */
export function reproducibility({ runs }: Material): Section {
  const known = runs.filter(({ record }) => record !== null);
  const names = [...new Set(known.map(({ record }) => record!.engine.name))];
  const blocks: Block[] = [
    text([l10n.t('A run is a folder that holds its configuration, seed, metrics and checkpoints. With the same data, version and machine, training once more from that folder gives the same weights bit for bit:'), ' ', { code: 'vit-lab rerun RUN' }, '. ', l10n.t('It first says what differs.')]),
    ...(known.length === 0 ? [] : [{
      kind: 'table' as const,
      caption: citing(l10n.t('What the runs were made with.'), ...names.map(engineSource)),
      head: [l10n.t('Run'), l10n.t('Folder'), l10n.t('Seed'), l10n.t('Begun'), 'ViT Lab', l10n.t('Dataset'), 'git'],
      rows: known.map(row),
      numbers: [2, 3],
    }]),
    ...known.filter(({ record }) => record!.start).map(({ label, record }) => text([l10n.t('{0} started from weights with the sha256', label), ' ', { code: record!.start!.sha256.slice(0, 16) }, '.'])),
    ...known.filter(({ record }) => record!.teacher).map(({ label, record }) => text([l10n.t('{0} learned from a teacher with the sha256', label), ' ', { code: record!.teacher!.sha256.slice(0, 16) }, '.'])),
    text(l10n.t('The dataset is told by the first digits of its fingerprint: the sha256 over its classes, its splits in their order, and the sha256 of every stored image.')),
  ];
  return { id: 'reproducibility', title: l10n.t('Reproducibility'), blocks };
}

function row({ label, folder, record, summary }: ReportRun): Inline[] {
  const { seed, version, node, dataset, git } = record!;
  return [label, [{ code: path.basename(folder) }], String(seed), summary.created.slice(0, 10), `${version}, Node ${node.replace(/^v/, '')}`, [{ code: dataset.fingerprint.slice(0, 8) }], git === null ? NONE : [{ code: git.slice(0, 8) }]];
}
