import type { EncodingOptions, PretrainedEncoder } from "./encoder.ts";
import { openEncoder } from "./open_encoder.ts";
import type { SharedEngine } from "./shared_engine.ts";

/** Pretrained encoders that stay open from one piece of work to the next, each opened when it is first needed. */
export class KeptEncoders implements AsyncDisposable {
  readonly #opened = new Map<string, Promise<PretrainedEncoder>>();

  /** The encoder of that name with those options. @throws what `openEncoder` does; the next call tries again */
  open(
    name: string,
    options: EncodingOptions,
    onNote: (sentence: string) => void,
    engine?: SharedEngine,
  ): Promise<PretrainedEncoder> {
    const key = JSON.stringify([name, options]), known = this.#opened.get(key);
    if (known) return known;
    const opening = openEncoder(name, options, onNote, engine);
    this.#opened.set(key, opening);
    opening.catch(() => this.#opened.delete(key));
    return opening;
  }

  /** Closes all of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    for (const encoder of await Promise.allSettled(opened)) {
      if (encoder.status === "fulfilled") await encoder.value[Symbol.asyncDispose]();
    }
  }
}
