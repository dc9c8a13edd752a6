import { join } from "node:path";
import {
  emptyFolder,
  explainWriteError,
  listFolderOrExplain,
  whatIsAt,
  writeAtomically,
} from "../../engine/files/files.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import { isReading, type Reading } from "../../data/reading.ts";
import { type JsonObject, readJsonObject } from "../../data/files/json_object.ts";
import { resolve } from "../../recipes/settings/table.ts";
import type { EncoderQuality } from "../../encoders/finetune/quality.ts";
import type { PairKind } from "../../encoders/finetune/settings.ts";
import { moveEventFile } from "../tensorboard/event_file.ts";
import type { FinetuneSettings } from "./settings.ts";
import { finetuneTable } from "./settings.ts";

/** Everything needed to repeat a fine-tuning. Paths are absolute. */
export interface FinetuneConfig {
  /** Files of records. */
  readonly data: readonly string[];
  /** How they are read; absent where they are in the fields of a record. */
  readonly reading?: Reading;
  /** File of texts that define metrics; null for none. */
  readonly metricDefinitions: string | null;
  /** Folder of the encoder that is tuned. */
  readonly encoder: string;
  /** How. */
  readonly settings: FinetuneSettings;
  /** Whether its event file has histograms. */
  readonly histograms?: true;
}

/** What was trained, and on how much. */
export interface FinetuneCounts {
  /** Records that were read. */
  readonly records: number;
  /** Different texts that are trained on. */
  readonly texts: number;
  /** True where texts were kept out of training to measure on. */
  readonly heldOut: boolean;
  /** Pairs of an epoch by kind. */
  readonly pairs: Readonly<Partial<Record<PairKind, number>>>;
  /** Metrics with a text that defines them. */
  readonly definitions: number;
  /** Steps of an epoch. */
  readonly batches: number;
  /** Steps of the warm-up. */
  readonly warmup: number;
  /** Parameters that are trained. */
  readonly trainedTensors: number;
  /** Numbers in them. */
  readonly trainedNumbers: number;
}

const format = "metrograd finetune 1";
const noteName = "finetune.json";

/** The folder of a tuned encoder, and the one beside it where the work lies until it is done. */
export class FinetuneFolder {
  /** Where the tuned encoder will be. */
  readonly path: string;
  /** Where the work lies. */
  readonly work: string;

  /** @param path of the tuned encoder */
  constructor(path: string) {
    this.path = path.replace(/(?<=.)[\\/]+$/, "");
    this.work = `${this.path}.unfinished`;
  }

  /** What is trained and its moments. */
  get checkpoint(): string {
    return join(this.work, "checkpoint.safetensors");
  }

  /** Where the tuned encoder is put together. */
  get result(): string {
    return join(this.work, "result");
  }

  /**
   * Makes sure that the folder is free, or holds a tuned encoder or stopped work that `force` may replace.
   *
   * @throws UsageError when it is not
   */
  async claim(force: boolean): Promise<void> {
    const found = await whatIsAt(this.path);
    if (found === "file") throw new UsageError(`${this.path} is a file; a folder is expected.`);
    if (found === "folder") {
      if (!force) {
        throw new UsageError(`${this.path} exists already; name another folder, or add --force to replace it.`);
      }
      const names = await listFolderOrExplain(this.path, "a folder");
      if (!names.includes(noteName)) {
        throw new UsageError(`${this.path} holds something else than a tuned encoder; it is not replaced.`);
      }
    }
    // Killed before it noted anything, or while it took the work away.
    if (await whatIsAt(join(this.work, noteName)) === "nothing") return await emptyFolder(this.work);
    if (!force) {
      throw new UsageError(
        `${this.work} holds stopped work; go on with --resume ${this.path}, or add --force to begin again.`,
      );
    }
    await emptyFolder(this.work);
  }

  /** Notes what is asked for, and the figures before training once they are known. */
  async writeConfig(config: FinetuneConfig, before: EncoderQuality | null): Promise<void> {
    await writeAtomically(join(this.work, noteName), `${JSON.stringify({ format, ...config, before }, null, 2)}\n`);
  }

  /** @throws DataError when there is no stopped work or its note is damaged */
  async readConfig(): Promise<{ config: FinetuneConfig; before: EncoderQuality | null }> {
    const path = join(this.work, noteName);
    if (await whatIsAt(path) === "nothing") {
      const done = await whatIsAt(join(this.path, noteName)) === "file";
      throw new DataError(
        done ? `${this.path} is tuned already.` : `${path} does not exist; there is nothing to go on with.`,
      );
    }
    const { format: found, ...note } = await readJsonObject(path, "what was asked for");
    const { data, reading, metricDefinitions, encoder, settings, histograms, before } = note as unknown as
      & FinetuneConfig
      & {
        before: EncoderQuality | null;
      };
    if (
      found !== format || !Array.isArray(data) || (reading !== undefined && !isReading(reading)) ||
      typeof encoder !== "string"
    ) {
      throw new DataError(`${path} is damaged: it is no note of fine-tuning of the form "${format}".`);
    }
    const read = { data, ...(reading ? { reading } : {}), ...(histograms && { histograms }) };
    return { config: { ...read, metricDefinitions, encoder, settings: resolve(finetuneTable, settings) }, before };
  }

  /** What is noted in the folder of a tuned encoder; null where it holds none. @throws DataError when the note is damaged */
  async readNote(): Promise<JsonObject | null> {
    const path = join(this.path, noteName);
    if (await whatIsAt(path) !== "file") return null;
    const note = await readJsonObject(path, "what a tuned encoder was made by");
    if (note.format === format) return note;
    throw new DataError(`${path} is no note of fine-tuning of the form "${format}".`);
  }

  /** Puts the tuned encoder where it belongs, whole, and takes the work away. */
  async finish(card: string, note: object): Promise<void> {
    await writeAtomically(join(this.result, "README.md"), card);
    await writeAtomically(join(this.result, noteName), `${JSON.stringify({ format, ...note }, null, 2)}\n`);
    try {
      await moveEventFile(this.work, this.result);
      const old = join(this.work, "old");
      if (await whatIsAt(this.path) === "folder") await Deno.rename(this.path, old);
      else await Deno.remove(this.path).catch(() => {});
      await Deno.rename(this.result, this.path);
    } catch (error) {
      throw explainWriteError(error, this.path, "what was trained is in " + this.work);
    }
    await Deno.remove(this.work, { recursive: true });
  }
}
