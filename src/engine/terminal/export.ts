import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ExportOptions, ExportTarget, PrecisionChange } from '../../protocol';
import { withNearest } from '../config/nearest';
import { readyToExport } from '../export/export';
import { UserError } from '../userError';
import { oneOf, text, UsageError, type Command, type Terminal } from './command';
import { showChange } from './measured';

const TAPS = ['attention', 'tokens'] as const;

export const exportCommand: Command = {
  get summary() {
    return l10n.t('write a checkpoint for ONNX, TensorFlow, timm or Hugging Face');
  },
  usage: 'CHECKPOINT --out MODEL.onnx|FOLDER [--to onnx|tensorflow|timm|huggingface] [--taps attention,tokens] [--batch N|dynamic] [--precision fp32|fp16|int8] [--data DIR] [--unmeasured] [--optimise] [--force] [--json]',
  options: {
    out: { type: 'string' },
    to: { type: 'string' },
    taps: { type: 'string' },
    batch: { type: 'string' },
    precision: { type: 'string' },
    data: { type: 'string' },
    unmeasured: { type: 'boolean' },
    optimise: { type: 'boolean' },
    force: { type: 'boolean' },
  },
  get help() {
    return {
      out: l10n.t('what to write: one file MODEL.onnx, or a folder with the weights, a script in Python that predicts with them, and a model card'),
      to: l10n.t('onnx (default where --out ends in .onnx); tensorflow: a SavedModel; timm: weights under timm’s names; huggingface: a model that transformers opens'),
      taps: l10n.t('more outputs: attention.I [B, H, N, N] of every layer, tokens.I [B, N, D]'),
      batch: l10n.t('images of a batch, or dynamic for any number (default; with --optimise and for tensorflow 1)'),
      precision: l10n.t('int8: weights of the blocks in 8 bits; fp16: half precision, for GPUs (default fp32); what changes on the validation images of the run is shown first'),
      data: l10n.t('another place of the dataset'),
      unmeasured: l10n.t('do not measure what the precision changes: for where the images of the run are not'),
      optimise: l10n.t('use operators that only ONNX Runtime has: faster there, and it runs nowhere else'),
      force: l10n.t('overwrite what is there'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, engine } = terminal;
    const question = questionOf(terminal);
    const change = question.precision === 'fp32' ? undefined : await changeOf(terminal, question, question.precision);
    const progress = (message: unknown): void => output.progress(String(message));
    const done = await engine.api.exportCheckpoint(question, terminal.call(progress));
    output.settle();
    if (output.json) output.document({ ...done, ...(change === undefined ? {} : { change }) });
    else {
      output.print(l10n.t('{0}: {1} MiB, from {2}', shown(done.file), (done.bytes / 2 ** 20).toFixed(1), shown(done.checkpoint)));
      for (const name of done.files) output.print(`  ${name}`);
      for (const note of done.notes) output.note(note);
    }
    return 0;
  },
};

/** What a lower precision changes, shown before anything is written; null when the user wants it unmeasured. */
async function changeOf(terminal: Terminal, question: ExportOptions, precision: 'fp16' | 'int8'): Promise<PrecisionChange | null> {
  const { output, values } = terminal;
  // Nobody waits for a measurement to be told then that the file is there already.
  await readyToExport(question);
  if (values['unmeasured'] === true) {
    output.note(l10n.t('{0}: what it changes is not measured', precision));
    return null;
  }
  try {
    return await showChange(terminal, question.checkpoint, precision);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(l10n.t('What {0} changes cannot be measured: {1}\nWith --unmeasured it is exported all the same.', precision, error.message), error.place);
  }
}

function questionOf(terminal: Terminal): ExportOptions {
  const out = text(terminal, 'out');
  if (out === undefined) throw new UsageError(l10n.t('--out is needed'));
  const optimise = terminal.values['optimise'] === true;
  const to = targetOf(terminal, out);
  return {
    checkpoint: terminal.args[0]!,
    to,
    out,
    taps: tapsOf(terminal),
    batch: batchOf(terminal, optimise || to === 'tensorflow'),
    precision: oneOf(terminal, 'precision', ['fp32', 'fp16', 'int8'] as const, 'fp32'),
    optimise,
    force: terminal.values['force'] === true,
  };
}

/** What only an ONNX model can be, and what only a graph. */
const ONNX_ONLY = ['precision', 'data', 'unmeasured', 'optimise'] as const;
const GRAPHS_ONLY = ['taps', 'batch'] as const;

function targetOf(terminal: Terminal, out: string): ExportTarget {
  const file = /\.onnx$/i.test(out);
  if (!file && terminal.values['to'] === undefined) throw new UsageError(l10n.t('--out {0} is no .onnx file: say what the folder is for, --to onnx, tensorflow, timm or huggingface', out));
  const to = oneOf(terminal, 'to', ['onnx', 'tensorflow', 'timm', 'huggingface'] as const, 'onnx');
  if (to === 'onnx') return to;
  if (file) throw new UsageError(l10n.t('--to {0} writes a folder, not {1}', to, out));
  const only = (to === 'tensorflow' ? ONNX_ONLY : [...ONNX_ONLY, ...GRAPHS_ONLY]).find((name) => terminal.values[name] !== undefined);
  if (only) throw new UsageError(l10n.t('--{0} is for --to {1}; for {2} the weights are written as they are, in float32', only, GRAPHS_ONLY.some((name) => name === only) ? 'onnx, tensorflow' : 'onnx', to));
  return to;
}

function tapsOf(terminal: Terminal): ExportOptions['taps'] {
  return (text(terminal, 'taps') ?? '').split(',').filter(Boolean).map((given) => {
    const tap = TAPS.find((name) => name === given);
    if (!tap) throw new UsageError(withNearest(l10n.t('--taps takes {0}, not {1}', TAPS.join(', '), given), given, TAPS));
    return tap;
  });
}

function batchOf(terminal: Terminal, fixed: boolean): ExportOptions['batch'] {
  const given = text(terminal, 'batch') ?? (fixed ? '1' : 'dynamic');
  if (given === 'dynamic' && terminal.values['to'] === 'tensorflow') throw new UsageError(l10n.t('A graph of TensorFlow is for batches of one size: give --batch N'));
  if (given === 'dynamic') return given;
  const size = Number(given);
  if (!Number.isInteger(size) || size < 1) throw new UsageError(l10n.t('--batch takes a whole number from 1, or dynamic, not {0}', given));
  return size;
}

function shown(file: string): string {
  const relative = path.relative('', file);
  return relative.startsWith('..') ? file : relative;
}
