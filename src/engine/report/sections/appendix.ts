import * as l10n from '@vscode/l10n';
import { caution, text, type Block, type Section } from '../document';
import type { Material } from '../material';
import { firstOf, groupName } from '../words';

/** Every configuration, as its author wrote it. */
export function appendix(material: Material): Section {
  const blocks = material.groups.map((group): Block => {
    const { configText, label } = firstOf(group, material);
    const name = groupName(group, material);
    return configText === null
      ? caution(l10n.t('{0}: there is no configuration in the folder of the run.', name))
      : { kind: 'code', title: group.runs.length > 1 ? l10n.t('Configuration of {0} (this file: {1})', name, label) : l10n.t('Configuration of {0}', name), language: 'yaml', text: configText.trimEnd() };
  });
  return { id: 'appendix', title: l10n.t('Appendix: configurations'), newPage: true, blocks: [text(l10n.t('As they were written; what was given on the command line or by a sweep stands in config.yaml of the run.')), ...blocks] };
}
