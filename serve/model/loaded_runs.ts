import { KeptEncoders } from "../../encoders/kept_encoders.ts";
import { SharedEngine } from "../../encoders/shared_engine.ts";
import { despiteLoss } from "../../engine/device/despite_loss.ts";
import { DeviceLostError } from "../../kernels/errors.ts";
import type { LoadedFolder } from "../../runs/trained_folder.ts";
import type { ScoreOptions } from "../../scoring/model_scorer.ts";
import type { ServedRun } from "./served_run.ts";

/** How the texts of requests are encoded: by encoders that stay open, and kept nowhere. */
export type EncodingChoice = Pick<ScoreOptions, "engine" | "encoders" | "encoder" | "cache" | "onNote">;

/** How runs are loaded. */
export interface LoadOptions {
  /** The runs' encoder by another name; null for the names that they know. */
  readonly encoder: string | null;
  readonly onNote: (sentence: string) => void;
  /** Told in a sentence of a GPU that was lost. */
  readonly onLoss: (sentence: string) => void;
}

/** Runs on a GPU, with the encoders of their texts. When the GPU is lost, they are loaded again on a new one. */
export class LoadedRuns implements AsyncDisposable {
  readonly #runs: readonly ServedRun[];
  readonly #options: LoadOptions;
  readonly #engine: SharedEngine;
  #encoders = new KeptEncoders();
  #loaded = new Map<string, LoadedFolder>();
  #opening: Promise<void> | null = null;
  #isOpen = false;
  #isClosed = false;

  constructor(runs: readonly ServedRun[], options: LoadOptions) {
    this.#runs = runs;
    this.#options = options;
    this.#engine = new SharedEngine(null, { onNote: options.onNote });
  }

  /** True while all runs are on a GPU; where they are not, they begin to be loaded. */
  isReady(): boolean {
    if (!this.#isOpen && !this.#isClosed) this.open().catch(() => {});
    return this.#isOpen;
  }

  /**
   * Does a step with a run, again where the GPU is lost meanwhile.
   *
   * @throws DeviceLostError when it is lost three times in a row, DeviceError when it cannot be opened again
   */
  async use<Result>(
    name: string,
    step: (run: LoadedFolder, encoding: EncodingChoice) => Promise<Result>,
  ): Promise<Result> {
    const { encoder, onNote, onLoss } = this.#options;
    const work = async () => {
      try {
        await this.open();
        const encoding = { engine: this.#engine, encoders: this.#encoders, encoder, cache: null, onNote };
        return await step(this.#loaded.get(name)!, encoding);
      } catch (error) {
        if (error instanceof DeviceLostError) await this.#close();
        throw error;
      }
    };
    return await despiteLoss(work, { onNote: onLoss, next: "what waits is scored again" });
  }

  /** Loads all runs, unless they are loaded. @throws DeviceError when there is no adapter, and what loading a run throws */
  async open(): Promise<void> {
    if (this.#isOpen) return;
    await (this.#opening ??= this.#load().finally(() => this.#opening = null));
  }

  async #load(): Promise<void> {
    try {
      const engine = await this.#engine.open();
      for (const { name, folder } of this.#runs) this.#loaded.set(name, await folder.load(engine));
      this.#isOpen = true;
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    this.#isOpen = false;
    const loaded = this.#loaded, encoders = this.#encoders;
    this.#loaded = new Map();
    this.#encoders = new KeptEncoders();
    for (const run of loaded.values()) run[Symbol.dispose]();
    // A GPU that is lost has nothing to give back.
    await encoders[Symbol.asyncDispose]().catch(() => {});
    await this.#engine.close().catch(() => {});
  }

  /** Frees all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#opening?.catch(() => {});
    await this.#close();
  }
}
