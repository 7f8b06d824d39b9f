/** What the tests of the engines find on a machine. Types only, as `protocol.ts`. */

/** How an engine did in its test against another one that is trusted. */
export interface EngineTrial {
  /** E.g. `onnx`, `wasm`. */
  readonly backend: string;
  /** What ONNX Runtime computes on, e.g. `cpu`, `webgpu`; null for other engines. */
  readonly provider: string | null;
  /** Of the matrix products of a training step. */
  readonly precision: 'fp32' | 'bf16';
  /** Whether it computes where a configuration leaves it open. */
  readonly chosen: boolean;
  /** What asks for it there, e.g. "the environment variable VITLAB_BACKEND"; null when nothing does. */
  readonly forcedBy: string | null;
  readonly works: boolean;
  /** With its version, when it could be opened. */
  readonly label: string | null;
  /** Why it does not work. */
  readonly reason: string | null;
  /** Milliseconds of one training step of the test's network. */
  readonly stepMs: number | null;
  /** Largest of max|Δ| / max|reference| over logits and gradients. */
  readonly difference: number | null;
}

/** What computes on this machine, what does not, and why. */
export interface Examination {
  readonly system: {
    readonly vitLab: string;
    readonly node: string;
    readonly platform: string;
    readonly processor: string;
    readonly cores: number;
    readonly memoryBytes: number;
  };
  readonly engines: readonly EngineTrial[];
  /** Why nothing computes where a configuration leaves it open: what is forced does not work. */
  readonly problem: string | null;
}
