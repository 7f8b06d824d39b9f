import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import { loadCheckpoint, type Checkpoint } from '../checkpoint';
import { onnxModel } from '../export/graphs';
import { metadataOf } from '../export/words';

/** A network as MLflow keeps a model: a folder whose MLmodel says how to load it, and what goes in and comes out. */

/** Where a model will lie: its run, its path below that, and its own id where the server gives it one. */
export interface ModelPlace {
  readonly run: string;
  readonly path: string;
  readonly id?: string;
}

export interface PackedModel {
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What MLmodel says. */
  describe(place: ModelPlace): object;
}

const PYTHON = '3.11.7';
const PACKAGES = ['mlflow', 'onnx', 'onnxruntime', 'numpy'];

/**
 * The ONNX graph of a checkpoint, as `mlflow.onnx.load_model` and `mlflow.pyfunc.load_model` open it: `images`
 * [B, H, W, C], float32 and normalised, to `logits` [B, K]. Format: MLflow's `mlflow/onnx/__init__.py` and `models/model.py`.
 */
export async function packModel(file: string): Promise<PackedModel> {
  const checkpoint = await loadCheckpoint(file);
  const graph = await onnxModel(checkpoint, { checkpoint: file, to: 'onnx', out: '', taps: [], batch: 'dynamic', precision: 'fp32', optimise: false, force: true });
  const text = (content: string): Uint8Array => Buffer.from(content);
  return {
    describe: (place) => mlmodel(checkpoint, graph.length, place),
    files: {
      'model.onnx': graph,
      'requirements.txt': text(`${PACKAGES.join('\n')}\n`),
      'python_env.yaml': text(stringify({ python: PYTHON, build_dependencies: ['pip'], dependencies: ['-r requirements.txt'] })),
      'conda.yaml': text(stringify({ name: 'mlflow-env', channels: ['conda-forge'], dependencies: [`python=${PYTHON}`, 'pip', { pip: PACKAGES }] })),
    },
  };
}

function mlmodel(checkpoint: Checkpoint, bytes: number, { run, path, id }: ModelPlace): object {
  const { spec } = checkpoint;
  const tensor = (name: string, shape: readonly number[]): string => JSON.stringify([{ name, type: 'tensor', 'tensor-spec': { dtype: 'float32', shape } }]);
  return {
    artifact_path: path,
    flavors: {
      onnx: { code: null, data: 'model.onnx', onnx_session_options: null, onnx_version: '1.17.0', providers: ['CUDAExecutionProvider', 'CPUExecutionProvider'] },
      python_function: { code: null, data: 'model.onnx', env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' }, loader_module: 'mlflow.onnx', python_version: PYTHON },
    },
    metadata: metadataOf(checkpoint, 'fp32'),
    model_size_bytes: bytes,
    model_uuid: randomUUID().replaceAll('-', ''),
    ...(id !== undefined && { model_id: id }),
    run_id: run,
    signature: { inputs: tensor('images', [-1, ...spec.imageSize, spec.channels]), outputs: tensor('logits', [-1, spec.classes]), params: null },
    utc_time_created: new Date().toISOString().replace('T', ' ').replace('Z', ''),
  };
}
