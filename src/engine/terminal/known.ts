import * as l10n from '@vscode/l10n';
import type { CheckpointInfo } from '../../protocol';
import { tellsEach } from '../../telling';
import type { Output } from './output';

/** What a network knows that came without its images: it is given pictures of anything. */
export function tellKnown(output: Output, { withoutImages }: Pick<CheckpointInfo, 'withoutImages'>, classes: readonly string[]): void {
  if (output.json || !withoutImages || classes.length === 0 || !tellsEach(classes)) return;
  output.note(l10n.t('This network knows {0} classes: {1}. A picture of anything else is given one of these, too.', classes.length, classes.join(', ')));
}
