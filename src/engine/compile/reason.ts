import * as l10n from '@vscode/l10n';
import { UserError } from '../userError';

/** Why a backend does not run, short and for people. */
export function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  if (/^cannot find (module|package) '@tensorflow\/tfjs-/i.test(text)) return l10n.t('not installed');
  if (/tfjs_binding.*can ?not be found|^cannot find module '[^']*napi/is.test(text))
    return l10n.t('no native binding for Node {0} on {1}', process.version, process.platform);
  // ONNX Runtime says first where in its source it noticed.
  if (text.includes('onnxruntime_src')) return text.split('\n')[0]!.replace(/^.* was false\. |^\S*onnxruntime_src\S* /, '');
  // What the system's loader says names the binding with its whole path.
  return text.split('\n')[0]!.replace(/^.*(?=tfjs_binding\.node)/, '');
}
