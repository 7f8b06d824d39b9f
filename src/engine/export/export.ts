import { existsSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { ExportOptions, ExportTarget, Exported } from '../../protocol';
import { writeFileAtomic } from '../atomic';
import { loadCheckpoint, type Checkpoint } from '../checkpoint';
import { resolveCheckpoint } from '../runStore';
import { UserError } from '../userError';
import { serialiseSafetensors } from '../weights/safetensors';
import { modelCard } from './card';
import { refuseOccupied, writeFolder, type Files } from './folder';
import { checkGraph, onnxModel, savedModel } from './graphs';
import { checkHuggingFace, huggingFaceNetwork } from './huggingface';
import { predictScript } from './predict';
import { processorConfig } from './processor';
import { testedIn, type Tested } from './tested';
import { timmConfig, timmNetwork, timmWeights } from './timm';

/** What is written of a network for one library. */
interface Written {
  readonly files: Files;
  /** What of it is not as the network is here. */
  readonly notes: readonly string[];
}

/** An ONNX model is one file where its name says so; all else is a folder. */
export function isOneFile({ to, out }: Pick<ExportOptions, 'to' | 'out'>): boolean {
  return to === 'onnx' && /\.onnx$/i.test(out);
}

/** The others get the weights, and build the network themselves. */
function isGraph(to: ExportTarget): boolean {
  return to === 'onnx' || to === 'tensorflow';
}

/**
 * Reads the checkpoint that is to be exported, and checks the wish before anything takes its time.
 *
 * @throws UserError when something is there and may not be replaced, the network has not what is wished, or the library has not such a network
 */
export async function readyToExport(q: ExportOptions): Promise<Checkpoint> {
  const out = path.resolve(q.out);
  if (isOneFile(q)) {
    if (!q.force && existsSync(out)) throw new UserError(l10n.t('{0} exists already. Give --force to overwrite it.', out), { file: out });
  } else await refuseOccupied(out, q.force);
  if (q.optimise && q.batch === 'dynamic') throw new UserError(l10n.t('A model in the operators of ONNX Runtime needs a fixed batch. Give its size.'));
  const checkpoint = await loadCheckpoint(await resolveCheckpoint(q.checkpoint));
  if (isGraph(q.to)) checkGraph(checkpoint, q);
  if (!isOneFile(q) && checkpoint.spec.classes === 0)
    throw new UserError(l10n.t('{0} has no head, so there is nothing to predict. Fine-tune it first, or export it as one ONNX file.', checkpoint.path), { file: checkpoint.path });
  if (q.to === 'timm') timmNetwork(checkpoint.spec, checkpoint.path, checkpoint.meta.config.model.preset);
  if (!isOneFile(q)) refuseOwnFolder(out, checkpoint);
  if (q.to === 'huggingface') checkHuggingFace(checkpoint);
  return checkpoint;
}

/**
 * Writes a checkpoint for others: one ONNX file, or a folder with the weights, a script in Python that predicts with them,
 * and a model card.
 *
 * @throws UserError as `readyToExport`
 */
export async function exportCheckpoint(q: ExportOptions, signal: AbortSignal, onProgress: (message: string) => void): Promise<Exported> {
  onProgress(l10n.t('Reading the checkpoint'));
  const checkpoint = await readyToExport(q);
  signal.throwIfAborted();
  onProgress(isGraph(q.to) ? l10n.t('Writing the graph') : l10n.t('Writing the weights'));
  const out = path.resolve(q.out);
  if (isOneFile(q)) {
    const model = await onnxModel(checkpoint, q);
    signal.throwIfAborted();
    await writeFileAtomic(out, model);
    return { file: out, files: [], bytes: model.length, checkpoint: checkpoint.path, notes: [] };
  }
  const { files, notes } = await FOLDERS[q.to](checkpoint, await testedIn(checkpoint), q);
  const bytes = await writeFolder(out, files, signal);
  return { file: out, files: Object.keys(files), bytes, checkpoint: checkpoint.path, notes };
}

const FOLDERS: Readonly<Record<ExportTarget, (checkpoint: Checkpoint, tested: Tested | undefined, q: ExportOptions) => Promise<Written> | Written>> = { onnx: onnxFolder, tensorflow: tensorFlowFolder, timm: timmFolder, huggingface: huggingFaceFolder };

async function onnxFolder(checkpoint: Checkpoint, tested: Tested | undefined, q: ExportOptions): Promise<Written> {
  const script = predictScript(checkpoint, {
    packages: ['onnxruntime', 'pillow', 'numpy'],
    imports: ['import onnxruntime'],
    network: ['return onnxruntime.InferenceSession(HERE / "model.onnx")'],
    logits: q.batch === 'dynamic' || q.batch === 1 ? 'model.run(["logits"], {"images": x})[0][0]' : `model.run(["logits"], {"images": np.repeat(x, ${q.batch}, 0)})[0][0]`,
  });
  return { files: { 'model.onnx': await onnxModel(checkpoint, q), 'predict.py': script, 'README.md': modelCard(checkpoint, { to: 'onnx', usage: [], notes: [], tested }) }, notes: [] };
}

async function tensorFlowFolder(checkpoint: Checkpoint, tested: Tested | undefined, q: ExportOptions): Promise<Written> {
  // A graph of TensorFlow is traced for one size; 1 is what a prediction needs.
  const batch = q.batch === 'dynamic' ? 1 : q.batch;
  const images = batch === 1 ? 'x' : `np.repeat(x, ${batch}, 0)`;
  const script = predictScript(checkpoint, {
    packages: ['tensorflow', 'pillow', 'numpy'],
    imports: ['import tensorflow as tf'],
    network: ['return tf.saved_model.load(str(HERE))'],
    logits: `model.signatures["serving_default"](images=tf.constant(${images}))["logits"].numpy()[0]`,
  });
  const usage = ['import tensorflow as tf', '', 'predict = tf.saved_model.load("FOLDER").signatures["serving_default"]', `predict(images=IMAGES)["logits"]  # IMAGES: float32 [${[batch, ...checkpoint.spec.imageSize, checkpoint.spec.channels].join(', ')}], normalised`];
  const notes = [batch === 1 ? l10n.t('The graph takes one image at a time.') : l10n.t('The graph takes {0} images at a time.', batch)];
  const files = { 'saved_model.pb': await savedModel(checkpoint, q, batch), 'predict.py': script, 'README.md': modelCard(checkpoint, { to: 'tensorflow', usage, notes, tested }) };
  // That is so for every such graph: nothing to warn of.
  return { files, notes: [] };
}

/** @throws UserError where the export would take the place of what it is made from */
function refuseOwnFolder(out: string, { path: source }: Checkpoint): void {
  if (path.dirname(path.resolve(source)) === out) throw new UserError(l10n.t('{0} holds the weights that are to be exported. Choose another folder.', out), { file: out });
}

/** `format: pt` is how the libraries of PyTorch know a file of theirs. */
const PYTORCH = { format: 'pt' };

function timmFolder(checkpoint: Checkpoint, tested: Tested | undefined): Written {
  const network = timmNetwork(checkpoint.spec, checkpoint.path, checkpoint.meta.config.model.preset);
  const { image } = checkpoint.meta.config;
  const cropped = image.crop_rounding === 'floor' && (image.fit === 'crop' || (image.fit === 'squash' && image.crop_pct < 1));
  const black = image.fit === 'pad';
  const notes = [
    ...(cropped ? [l10n.t('Where an odd number of pixels is cut off, timm may cut one pixel elsewhere than the network was trained with (image.crop_rounding: floor); predict.py does it to the pixel.')] : []),
    ...(black ? [l10n.t('timm fills the border with the mean colour, not with black (image.fit: pad); predict.py does it to the pixel.')] : []),
    ...(network.config ? [] : [l10n.t('timm has no name for this network, so that it opens through predict.py and not by timm.create_model("local-dir:…").')]),
  ];
  const script = predictScript(checkpoint, {
    packages: ['timm', 'torch', 'safetensors', 'pillow', 'numpy'],
    imports: [...network.imports, 'import torch', 'from safetensors.torch import load_file'],
    network: [...network.lines, 'model.load_state_dict(load_file(HERE / "model.safetensors"), strict=True)', 'return model.eval()'],
    logits: 'model(torch.from_numpy(x).permute(0, 3, 1, 2)).detach()[0].numpy()',
  });
  const usage = network.config ? ['import timm', '', 'model = timm.create_model("local-dir:FOLDER", pretrained=True).eval()'] : [];
  return {
    files: {
      'model.safetensors': serialiseSafetensors(timmWeights(checkpoint), PYTORCH),
      'config.json': json(timmConfig(checkpoint, network)),
      'predict.py': script,
      'README.md': modelCard(checkpoint, { to: 'timm', usage, notes, tested }),
    },
    notes,
  };
}

function huggingFaceFolder(checkpoint: Checkpoint, tested: Tested | undefined): Written {
  const { className, config, weights } = huggingFaceNetwork(checkpoint);
  const { settings, notes } = processorConfig(checkpoint);
  const script = predictScript(checkpoint, {
    packages: ['transformers', 'torch', 'pillow', 'numpy'],
    imports: ['import torch', `from transformers import ${className}`],
    network: [`return ${className}.from_pretrained(HERE).eval()`],
    logits: 'model(torch.from_numpy(x).permute(0, 3, 1, 2)).logits.detach()[0].numpy()',
  });
  const usage = ['from transformers import pipeline', '', 'classify = pipeline("image-classification", "FOLDER")', 'classify("IMAGE")'];
  return {
    files: {
      'model.safetensors': serialiseSafetensors(weights, PYTORCH),
      'config.json': json(config),
      'preprocessor_config.json': json(settings),
      'predict.py': script,
      'README.md': modelCard(checkpoint, { to: 'huggingface', usage, notes, tested }),
    },
    notes,
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
