import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { version as wanted } from 'onnxruntime-node/package.json';
import { UserError } from '../../userError';

type Runtime = typeof import('onnxruntime-node');

/** Folder of the package onnxruntime-node: below the one that VITLAB_ONNXRUNTIME names, else where Node finds it from here. */
export function onnxRuntimeFolder(): string {
  return path.dirname(requireHere().resolve('onnxruntime-node/package.json'));
}

/**
 * ONNX Runtime 1.30 collects usage data unless the environment of its process says no. Native code reads the real environment,
 * which a worker's `process.env` only copies: the thread that starts a worker has to ask, too. A user's own word stays.
 */
export function withoutTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}

/** @throws UserError when the folder of the user's choice has none, or one of another version */
export async function importRuntime(): Promise<Runtime> {
  withoutTelemetry();
  const folder = process.env['VITLAB_ONNXRUNTIME'];
  if (!folder) return import('onnxruntime-node');
  const found = versionIn(requireHere());
  if (found === wanted) return requireHere()('onnxruntime-node') as Runtime;
  const problem = found === undefined ? l10n.t('has no onnxruntime-node') : l10n.t('has onnxruntime-node {0}', found);
  throw new UserError(l10n.t('The folder of VITLAB_ONNXRUNTIME (in VS Code vitLab.engine.onnxRuntimeFolder), {0}, {1}; {2} is needed. Run there: npm install onnxruntime-node@{2}', folder, problem, wanted));
}

function requireHere(): NodeJS.Require {
  return createRequire(path.resolve(process.env['VITLAB_ONNXRUNTIME'] || __dirname, 'x.js'));
}

function versionIn(require: NodeJS.Require): string | undefined {
  try {
    return (require('onnxruntime-node/package.json') as { version: string }).version;
  } catch {
    return undefined;
  }
}
