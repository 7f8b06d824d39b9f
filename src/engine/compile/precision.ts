import * as l10n from '@vscode/l10n';
import type { EngineInfo } from '../../protocol';
import { UserError } from '../userError';
import type { Precision } from './executor';

/** What to tell where an engine cannot compute in a precision. */
export function lacksPrecision(info: EngineInfo, precision: Precision): UserError {
  return new UserError(l10n.t('{0} does not compute in {1}; only ONNX Runtime does. Set engine.backend to onnx.', info.label, precision));
}
