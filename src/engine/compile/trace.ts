import * as tf from '@tensorflow/tfjs';
import { value, type Constant, type DType, type Graph, type Named, type Node, type Value } from './graph';
import { kernelRules, type Recorder } from './kernels';

/** What a traced function is given, and what stands for it in the graph. */
export interface InputSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype?: 'float32' | 'int32';
}

type Tensors = Readonly<Record<string, tf.Tensor>>;

const BACKEND = 'trace';

/**
 * Runs a function of tensors once on a backend whose kernels only write down what they are asked for. TensorFlow.js
 * itself does the rest, differentiation included, and does not know that nothing is computed. What the function reads
 * back (`dataSync`) does not exist here, and is an error: such a computation would freeze into the graph.
 *
 * @throws Error that names the kernel, when one is used that cannot be recorded
 */
export function trace(inputs: readonly InputSpec[], run: (inputs: Tensors) => Tensors): Graph {
  const backend = traceBackend();
  const before = tf.getBackend();
  const recording = backend.begin();
  // A backend that starts at once is set at once; the promise only says so.
  void tf.setBackend(BACKEND);
  try {
    return tf.tidy(() => {
      const given = inputs.map(({ name, shape, dtype = 'float32' }) => ({ name, value: value(dtype, shape) }));
      const tensors = Object.fromEntries(given.map(({ name, value: input }) => [name, backend.tensorOf(input)]));
      const results = run(tensors);
      const outputs = Object.entries(results).map(([name, tensor]): Named => ({ name, value: backend.recorded(tensor) }));
      // Autodiff makes a function keep what it wants to bring along: `tidy` would leave that.
      tf.dispose({ ...results });
      return { inputs: given, outputs, constants: recording.constants, nodes: recording.nodes } as unknown as tf.TensorContainerObject;
    }) as unknown as Graph;
  } finally {
    backend.end();
    if (before) void tf.setBackend(before);
  }
}

interface Recording {
  readonly nodes: Node[];
  readonly constants: Map<Value, Constant>;
}

let registered: TraceBackend | undefined;

function traceBackend(): TraceBackend {
  if (registered) return registered;
  const backend = new TraceBackend();
  tf.registerBackend(BACKEND, () => backend, 0);
  for (const kernelName of everyKernel()) {
    const rule = kernelRules[kernelName];
    const kernelFunc: tf.KernelFunc = ({ inputs, attrs }) => {
      if (!rule) throw new Error(`The compiler does not know the TensorFlow.js kernel ${kernelName}.`);
      const made = rule(inputs, (attrs ?? {}), backend.recorder());
      return Array.isArray(made) ? made.map((one: Value) => backend.infoOf(one)) : backend.infoOf(made as Value);
    };
    tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc });
  }
  registered = backend;
  return backend;
}

/** The known kernels, and those of the plain JavaScript backend, so that an unknown one is an error that names it. */
function everyKernel(): ReadonlySet<string> {
  return new Set([...Object.keys(kernelRules), ...tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)]);
}

/** Holds no data: a `dataId` stands for a value of the graph under way. */
class TraceBackend extends tf.KernelBackend {
  private values = new WeakMap<object, Value>();
  private recording: Recording | undefined;

  begin(): Recording {
    this.recording = { nodes: [], constants: new Map() };
    return this.recording;
  }

  end(): void {
    this.recording = undefined;
    this.values = new WeakMap();
  }

  /** How kernels write. */
  recorder(): Recorder {
    const { nodes, constants } = this.current();
    return {
      valueOf: (info) => this.recorded(info),
      constant(constant, shape, dtype) {
        const made = value(dtype, shape);
        constants.set(made, constant);
        return made;
      },
      add(op, inputs, shape, attrs = {}, dtype = 'float32') {
        const output = value(dtype, shape);
        nodes.push({ op, inputs, outputs: [output], attrs });
        return output;
      },
      addMany(op, inputs, outputs, attrs) {
        nodes.push({ op, inputs, outputs, attrs });
        return outputs;
      },
    };
  }

  /** A tensor info for a value; TensorFlow.js makes a tensor of it. */
  infoOf(of: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, of);
    return { dataId, shape: [...of.shape], dtype: of.dtype as tf.DataType };
  }

  tensorOf(of: Value): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.infoOf(of));
  }

  recorded({ dataId, shape }: tf.TensorInfo): Value {
    const found = this.values.get(dataId);
    if (!found) throw new Error(`A tensor of shape [${shape.join()}] was made before the trace began; it has to be one of its inputs.`);
    return found;
  }

  override write(values: tf.BackendValues | null, shape: number[], dtype: tf.DataType): object {
    const constant = this.recorder().constant(constantOf(values, dtype), shape, dtype as DType);
    return this.infoOf(constant).dataId;
  }

  override move(_dataId: object, _values: tf.BackendValues, shape: number[]): void {
    throw new Error(`A tensor of shape [${shape.join()}] of another backend cannot enter a trace; it has to be one of its inputs.`);
  }

  override readSync(): never {
    throw new Error('A traced function read the values of a tensor: they are not known before the graph runs.');
  }

  override read(): never {
    return this.readSync();
  }

  override numDataIds(): number {
    return 0;
  }

  override disposeData(): boolean {
    return true;
  }

  override incRef(): void {
    // Nothing is held that could be released.
  }

  override refCount(): number {
    return 1;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override timerAvailable(): boolean {
    return false;
  }

  private current(): Recording {
    if (!this.recording) throw new Error('The tracing backend was used outside a trace.');
    return this.recording;
  }
}

function constantOf(values: tf.BackendValues | null, dtype: tf.DataType): Constant {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') throw new Error(`A constant of type ${dtype} cannot be recorded.`);
  const data = values as Float32Array | Int32Array | Uint8Array;
  const [first] = data;
  if (first !== undefined && data.every((element) => element === first)) return { splat: first };
  const Typed = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype];
  return { data: Typed.from(data) };
}
