import type { SessionApi } from '../sessions';

/** How ONNX Runtime is to compute. */
export interface RuntimeOptions {
  readonly provider: string;
  /** 0 leaves the number to the runtime. */
  readonly threads: number;
  /** Whether threads look out for more work for a while before they sleep; it takes the core from others. Default true. */
  readonly spins?: boolean;
  /** Folder of the compiled graphs; without one they are compiled anew. */
  readonly cache?: string;
}

/** What the thread that holds the sessions of ONNX Runtime answers. */
export interface OnnxApi extends SessionApi<RuntimeOptions> {
  /** Version of the runtime and the names of the providers that this build has. */
  about(q: Record<never, never>): { readonly version: string; readonly providers: readonly string[] };
  /** Opens a session on a provider and closes it again; rejects with why that fails. */
  probe(q: { readonly provider: string }): void;
}
