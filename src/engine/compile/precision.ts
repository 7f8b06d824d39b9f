import * as l10n from '@vscode/l10n';
import type { EngineInfo } from '../../protocol';
import type { ViTSpec } from '../model/spec';
import { UserError } from '../userError';
import type { Precision } from './executor';

/** What to tell where an engine cannot compute in a precision. */
export function lacksPrecision(info: EngineInfo, precision: Precision): UserError {
  return new UserError(l10n.t('{0} does not compute in {1}; only ONNX Runtime does. Set engine.backend to onnx.', info.label, precision));
}

/** @throws UserError where a precision would change nothing: int8 is for the linear layers of blocks, and there are none */
export function refuseEmptyPrecision({ depth }: ViTSpec, precision: Precision): void {
  if (precision === 'int8' && depth === 0)
    throw new UserError(l10n.t('8 bits (int8) are for the linear layers of Transformer blocks, and a ResNet has none: nothing would change. Use fp32.'));
}
