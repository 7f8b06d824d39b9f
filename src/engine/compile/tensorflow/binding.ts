import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { FloatTensor } from '../../tensors';
import type { DType } from '../graph';
import { explainShortage } from '../memory';
import type { EmittedModel, EmittedProgram, Port } from './emit';

/** The part of tfjs-node's native addon that runs SavedModels. It blocks its thread while it computes. */
interface Addon {
  createTensor(shape: readonly number[], dtype: number, data: Numbers): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Numbers;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: readonly number[], inputNodes: string, outputNodes: string): { readonly id: number; readonly shape: number[] }[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  getNumOfSavedModels(): number;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_Version: string;
}

export type Numbers = Float32Array | Int32Array | Uint8Array;

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Numbers;
}

export type Tensors = Readonly<Record<string, Tensor>>;

/** A tensor inside the addon, which whoever holds it has to give back. */
export type Handle = number;

export type Handles = Readonly<Record<string, Handle>>;

/**
 * Where the native addon of an installed tfjs-node or tfjs-node-gpu lies.
 *
 * @param folder the one that holds `node_modules`
 * @returns undefined when the package is not there or has no addon
 */
export function findAddon(module: string, folder: string): string | undefined {
  const home = packageFolder(module, folder);
  const files = Array.from({ length: 10 }, (_, i) => path.join(home ?? '', 'lib', `napi-v${10 - i}`, 'tfjs_binding.node'));
  return home === undefined ? undefined : files.find((file) => existsSync(file));
}

/** Where an installed package lies, if it is installed. */
export function packageFolder(module: string, folder: string): string | undefined {
  try {
    return path.dirname(createRequire(path.join(folder, 'x.js')).resolve(`${module}/package.json`));
  } catch {
    return undefined;
  }
}

const loaded = new Map<string, TensorFlow>();

/** @param addon path of `tfjs_binding.node` */
export function loadTensorFlow(addon: string): TensorFlow {
  const tensorFlow = loaded.get(addon) ?? new TensorFlow(addon);
  loaded.set(addon, tensorFlow);
  return tensorFlow;
}

/** TensorFlow's library, loaded without TensorFlow.js. */
export class TensorFlow {
  private readonly addon: Addon;

  constructor(file: string) {
    this.addon = createRequire(file)(file) as Addon;
    // An addon that never made a tensor crashes the process when its thread ends (seen with 4.22 in a worker).
    this.release([this.put({ shape: [1], data: new Float32Array(1) })]);
  }

  get version(): string {
    return this.addon.TF_Version;
  }

  get gpu(): boolean {
    return this.addon.isUsingGpuDevice();
  }

  /** What the library holds and has to be given back: handles, and sessions. */
  get held(): { readonly handles: number; readonly sessions: number } {
    return { handles: this.addon.getNumOfTensors(), sessions: this.addon.getNumOfSavedModels() };
  }

  /** Opens a session. TensorFlow reads a model from a folder; it is gone again when this returns. */
  load({ model, programs }: EmittedModel): Session {
    const folder = mkdtempSync(path.join(tmpdir(), 'vit-lab-tf-'));
    try {
      writeFileSync(path.join(folder, 'saved_model.pb'), model);
      return new Session(this.addon, this.addon.loadSavedModel(folder, 'serve'), programs);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  put({ shape, data }: Tensor): Handle {
    const dtype = data instanceof Float32Array ? this.addon.TF_FLOAT : data instanceof Int32Array ? this.addon.TF_INT32 : this.addon.TF_BOOL;
    return this.addon.createTensor([...shape], dtype, data);
  }

  putAll(tensors: ReadonlyMap<string, Tensor>): Handles {
    return Object.fromEntries([...tensors].map(([name, tensor]) => [name, this.put(tensor)]));
  }

  read(handle: Handle): Numbers {
    return this.addon.tensorDataSync(handle);
  }

  release(handles: Iterable<Handle>): void {
    for (const handle of handles) this.addon.deleteTensor(handle);
  }

  /**
   * Runs a program on arrays and handles, and reads its outputs back.
   *
   * @param feeds those that the program does not have are passed over
   * @returns the outputs by name, and whether the program's variables were written
   */
  compute(session: Session, program: string, feeds: Readonly<Record<string, Tensor>>, held: Handles = {}): { readonly outputs: Readonly<Record<string, FloatTensor>>; readonly written: boolean } {
    const wanted = new Set(session.inputsOf(program).map(({ name }) => name));
    const handles = this.putAll(new Map(Object.entries(feeds).filter(([name]) => wanted.has(name))));
    try {
      const { outputs, written } = session.run(program, { ...held, ...handles });
      const read = outputs.map(({ port, handle }) => [port.name, { shape: port.shape, data: this.read(handle) as Float32Array }] as const);
      this.release(outputs.map(({ handle }) => handle));
      return { outputs: Object.fromEntries(read), written };
    } finally {
      this.release(Object.values(handles));
    }
  }
}

/** A loaded SavedModel, with the variables of its programs. */
export class Session {
  constructor(
    private readonly addon: Addon,
    private readonly id: number,
    private readonly programs: Readonly<Record<string, EmittedProgram>>,
  ) {}

  /**
   * Runs a program. Whoever calls releases the handles of the outputs.
   *
   * @param feeds a handle for every input of the program; others are passed over
   * @returns the outputs in the order of the program's ports, and whether its variables were written
   */
  run(name: string, feeds: Handles): { readonly outputs: readonly { readonly port: Port; readonly handle: Handle }[]; readonly written: boolean } {
    const { inputs, outputs, done } = this.program(name);
    const missing = inputs.find((port) => feeds[port.name] === undefined);
    if (missing) throw new Error(`TensorFlow: the program ${name} lacks its input ${missing.name}`);
    const fetches = [...outputs.map(({ node }) => node), ...(done === undefined ? [] : [done])];
    const results = this.call(inputs.map((port) => feeds[port.name]!), inputs.map(({ node }) => node), fetches);
    const flag = done === undefined ? undefined : results[outputs.length]!.id;
    const written = flag !== undefined && this.addon.tensorDataSync(flag)[0] === 1;
    if (flag !== undefined) this.addon.deleteTensor(flag);
    return { outputs: outputs.map((port, i) => ({ port, handle: results[i]!.id })), written };
  }

  private call(feeds: readonly Handle[], inputs: readonly string[], fetches: readonly string[]): { readonly id: Handle }[] {
    try {
      return this.addon.runSavedModel(this.id, feeds, inputs.join(), fetches.join());
    } catch (error) {
      throw explainShortage(error);
    }
  }

  inputsOf(name: string): readonly Port[] {
    return this.program(name).inputs;
  }

  dispose(): void {
    this.addon.deleteSavedModel(this.id);
  }

  private program(name: string): EmittedProgram {
    const program = this.programs[name];
    if (!program) throw new Error(`TensorFlow: there is no program ${name}`);
    return program;
  }
}

/** The array that holds elements of a type. */
export const arrayOf = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const satisfies Partial<Record<DType, unknown>>;
