import { createHash } from "node:crypto";
import type { RecordBlock } from "../../data/record_blocks.ts";
import type { Embeddings } from "../../data/pairs/feature_tables.ts";
import type { NoteTaker } from "../../data/note_taker.ts";
import { DeviceLostError } from "../../kernels/errors.ts";
import { despiteLoss } from "../../engine/device/despite_loss.ts";
import { Engine } from "../../engine/engine.ts";
import { KeptEncoders } from "../../encoders/kept_encoders.ts";
import type { Profile } from "../../engine/profile/profile.ts";
import type { Features, ScoreOptions } from "../../scoring/model_scorer.ts";
import type { Part, Parts } from "./parts_folder.ts";
import { RecordScorer } from "./record_scorer.ts";

/** How blocks are scored. */
export interface ScoreBlocksOptions {
  /** Where finished blocks are kept; null to keep none. */
  readonly parts: Parts | null;
  /** Keeps class probabilities. */
  readonly withClasses: boolean;
  /** What is known of a block besides its records. */
  scoreOptions(block: RecordBlock): Promise<ScoreOptions>;
  /** What is taken over from a block's records, [columns][records]. */
  columns(block: RecordBlock): readonly (readonly unknown[])[];
  /** Shown what the models see of each block. */
  features?(features: readonly Features[]): Promise<void>;
  /** Shown what the network makes of each block before it scores it. */
  embeddings?: ((embeddings: Embeddings) => Promise<void>) | null;
  /** Takes each block once it is scored, in their order. @param isOld true for one that an earlier call has scored */
  take(part: Part, block: RecordBlock, isOld: boolean): Promise<void> | void;
  /** Told of a GPU that was lost. */
  readonly onLoss: NoteTaker;
}

/** How a model is loaded. */
export interface BlockScorerOptions {
  /** File of weights in place of the run's own; null for none. */
  readonly weights?: string | null;
  /** Notes what the engine does. */
  readonly profile?: Profile | undefined;
  readonly onNote: NoteTaker;
}

/** A model that is loaded again when its GPU was lost, and encoders that stay open between blocks. */
export class BlockScorer implements AsyncDisposable {
  #loaded: Promise<Loaded> | null = null;
  readonly #encoders = new KeptEncoders();

  /** @param path folder of a run or an ensemble */
  constructor(readonly path: string, readonly options: BlockScorerOptions) {}

  /** The model, loaded when it is first asked for. @throws DataError as `RecordScorer.load` does */
  async open(): Promise<RecordScorer> {
    return (await (this.#loaded ??= load(this.path, this.options))).scorer;
  }

  /**
   * Scores blocks one after the other. While the GPU scores one, the next is read and encoded.
   *
   * @throws DataError as `ModelScorer.features` does
   */
  async scoreAll(blocks: AsyncIterable<RecordBlock>, options: ScoreBlocksOptions): Promise<void> {
    let last: Promise<void> = Promise.resolve(), number = 0;
    for await (const block of blocks) {
      const digest = options.parts ? digestOf(block) : "";
      const old = await options.parts?.find(number++, digest) ?? null;
      const features = old ? null : await this.#features(block, options);
      await last;
      last = old ? this.#finish(old, block, true, options) : this.#score(block, features!, digest, options);
      // Thrown when it is waited for.
      last.catch(() => {});
    }
    await last;
  }

  /** Frees the model, and closes the engine and the encoders. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.#encoders[Symbol.asyncDispose]();
  }

  #features(block: RecordBlock, options: ScoreBlocksOptions): Promise<Features[]> {
    return this.#retried(
      async () =>
        (await this.open()).features(block.records, { ...await options.scoreOptions(block), encoders: this.#encoders }),
      () => this.#encoders[Symbol.asyncDispose](),
      options.onLoss,
    );
  }

  async #score(block: RecordBlock, features: Features[], digest: string, options: ScoreBlocksOptions): Promise<void> {
    const score = async () => (await this.open()).score(features, options.withClasses);
    const { features: show, embeddings: showEmbeddings } = options;
    await show?.(features);
    if (showEmbeddings) {
      const embed = async () => (await this.open()).rowEmbeddings(features);
      await showEmbeddings(await this.#retried(embed, () => this.#close(), options.onLoss));
    }
    const rows = await this.#retried(score, () => this.#close(), options.onLoss);
    await this.#finish(
      { digest, numbers: block.numbers, rows, columns: options.columns(block) },
      block,
      false,
      options,
    );
  }

  async #finish(part: Part, block: RecordBlock, isOld: boolean, { parts, take }: ScoreBlocksOptions): Promise<void> {
    await parts?.add(part, isOld);
    await take(part, block, isOld);
  }

  #retried<Result>(work: () => Promise<Result>, close: () => Promise<void>, onLoss: NoteTaker): Promise<Result> {
    const closing = async () => {
      try {
        return await work();
      } catch (error) {
        // A GPU that is lost has nothing to give back.
        if (error instanceof DeviceLostError) await close().catch(() => {});
        throw error;
      }
    };
    return despiteLoss(closing, { onNote: onLoss, next: "the block of records is scored again" });
  }

  async #close(): Promise<void> {
    const loaded = await this.#loaded?.catch(() => null);
    this.#loaded = null;
    loaded?.scorer[Symbol.dispose]();
    await loaded?.engine[Symbol.asyncDispose]();
  }
}

interface Loaded {
  readonly engine: Engine;
  readonly scorer: RecordScorer;
}

async function load(path: string, { weights = null, profile, onNote }: BlockScorerOptions): Promise<Loaded> {
  const engine = await Engine.open({ onNote, profile });
  try {
    return { engine, scorer: await RecordScorer.load(engine, path, weights) };
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

function digestOf({ records, numbers }: RecordBlock): string {
  return createHash("sha256").update(JSON.stringify([numbers[0], records])).digest("hex");
}
