import * as l10n from '@vscode/l10n';
import { caution, text, type Block, type Section } from '../document';
import type { Material } from '../material';
import { firstOf, groupName } from '../words';

/** Every configuration, as its author wrote it. */
export function appendix(material: Material): Section {
  const blocks = material.groups.map((group): Block => {
    const { configText, label, asWritten } = firstOf(group, material);
    const name = groupName(group, material);
    if (configText === null) return caution(l10n.t('{0}: there is no configuration in the folder of the run.', name));
    const title = l10n.t('Configuration of {0}', group.runs.length > 1 ? label : name);
    return { kind: 'code', title: asWritten ? title : l10n.t('{0}, what of it is not the default', title), language: 'yaml', text: configText.trimEnd() };
  });
  return { id: 'appendix', title: l10n.t('Appendix: configurations'), newPage: true, blocks: [text(l10n.t('As they were written; where the command line or a sweep said more than the file, all that is not the default, and of paths their last part. Of several seeds the first.')), ...blocks] };
}
