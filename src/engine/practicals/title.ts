import * as l10n from '@vscode/l10n';
import type { PracticalNumber } from '../../practicalProtocol';

export function practicalTitle(practical: PracticalNumber): string {
  switch (practical) {
    case 1:
      return l10n.t('Practical 1: patches and positions');
    case 2:
      return l10n.t('Practical 2: train a ViT, and beat a naive one');
    case 3:
      return l10n.t('Practical 3: fine-tune, and compare before and after');
    case 4:
      return l10n.t('Practical 4: three classes, tracked with MLflow and evaluated in full');
  }
}
