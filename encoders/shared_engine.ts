import { Engine } from "../engine/engine.ts";
import type { EngineOptions } from "../engine/engine_options.ts";

/**
 * One engine for a piece of work, handed to all that computes in it. It is opened when it is first needed and, when its GPU
 * was lost, opened anew. An engine of the caller's is used as it is and stays open.
 */
export class SharedEngine implements AsyncDisposable {
  readonly #options: EngineOptions;
  #engine: Engine | null;
  /** True where the engine is not the caller's: only then can it be opened anew. */
  readonly isOwn: boolean;

  /**
   * One engine for a piece of work.
   *
   * @param given the caller's engine; null to open one
   * @param options how it is opened
   */
  constructor(given: Engine | null = null, options: EngineOptions = {}) {
    this.#engine = given;
    this.isOwn = given === null;
    this.#options = options;
  }

  /** The engine. @throws DeviceError when there is no adapter */
  async open(): Promise<Engine> {
    return this.#engine ??= await Engine.open(this.#options);
  }

  /** Closes an engine that `open` has opened; the next call opens another. */
  async close(): Promise<void> {
    if (!this.isOwn || !this.#engine) return;
    const engine = this.#engine;
    this.#engine = null;
    await engine[Symbol.asyncDispose]();
  }

  /** Closes it where it is its own. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
