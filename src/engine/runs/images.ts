import * as l10n from '@vscode/l10n';
import type { RunRecord } from './files';

/** "240 + 60 + 120 images, fingerprint 34e0f89dd4c1": of training, validation and test. */
export function describeImages({ sizes: { train, val, test }, fingerprint }: Pick<RunRecord['dataset'], 'sizes' | 'fingerprint'>): string {
  return l10n.t('{0} images, fingerprint {1}', `${train} + ${val} + ${test}`, fingerprint.slice(0, 12));
}
