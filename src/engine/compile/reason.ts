import * as l10n from '@vscode/l10n';
import { UserError } from '../userError';

/** Why a backend does not run, short and for people. */
export function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  if (/^cannot find (module|package) '@tensorflow\/tfjs-/i.test(text)) return l10n.t('not installed');
  if (/tfjs_binding.*can ?not be found|^cannot find module '[^']*napi/is.test(text))
    return l10n.t('no native binding for Node {0} on {1}', process.version, process.platform);
  if (text.includes('onnxruntime_src')) return withoutPlace(text.split('\n')[0]!);
  // What the system's loader says names the binding with its whole path.
  return text.split('\n')[0]!.replace(/^.*(?=tfjs_binding\.node)/, '');
}

/** ONNX Runtime says where in its source it noticed, around what it noticed. */
function withoutPlace(line: string): string {
  const cuda = /\b(?:CUDA|CUDNN|CUBLAS) failure \d+: [^;]*/.exec(line);
  return (cuda?.[0] ?? line.replace(/^.* was false\. |^(?:.*: )?\S*onnxruntime_src\S* /, '')).trim();
}
