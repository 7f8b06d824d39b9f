import type { Judged, JudgedImage } from '../../protocol';
import type { EngineClient } from '../engineClient';

type Call = { readonly signal: AbortSignal; readonly onProgress: (value: unknown) => void };

const NOTHING: Judged = { first: null, second: null, paired: null, unlike: false };

/** What is known, image by image, of the one or two runs of the evaluation panel. */
export class Verdictor {
  readonly #looker: EngineClient;
  #judged = NOTHING;
  #runs: readonly [first: string | undefined, second: string | undefined] = [undefined, undefined];
  /** Counts what `judged` has been: a page asks again when it changes. */
  #version = 0;

  constructor(looker: EngineClient) {
    this.#looker = looker;
  }

  get judged(): Judged {
    return this.#judged;
  }

  /** Begins with other runs; what is known of the first stays. Returns the version, 0 of nothing. */
  choose(first: string, second: string | undefined): number {
    const before = this.#judged.first;
    this.#runs = [first, second];
    this.#judged = before?.run === first ? { ...NOTHING, first: before } : NOTHING;
    return this.#judged.first ? ++this.#version : 0;
  }

  /** Evaluates what is not known yet. Returns the version. */
  async judge(first: string, second: string | undefined, call: Call): Promise<number> {
    const client = await this.#looker.client();
    const one = this.#judged.first?.run === first && second !== undefined ? this.#judged.first : await client.judgeImages({ run: first }, call);
    const two = second === undefined ? null : await client.judgeImages({ run: second }, call);
    const paired = second === undefined ? null : await client.pairVerdicts({ runs: [first, second] }, { signal: call.signal });
    if (this.#runs[0] === first && this.#runs[1] === second) this.#judged = { first: one, second: two, paired, unlike: two !== null && paired === null };
    return ++this.#version;
  }

  async images(indices: readonly number[]): Promise<readonly JudgedImage[]> {
    const run = this.#runs[0];
    return run === undefined ? [] : (await this.#looker.client()).judgedImages({ run, indices });
  }

  async file(run: string, index: number): Promise<string> {
    return (await (await this.#looker.client()).judgedFile({ run, index })).file;
  }
}
