import { join } from "node:path";
import { listFolderOrExplain, whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import { FolderLock } from "../../engine/files/lock.ts";
import type { TargetRows } from "../../scoring/shift/rows.ts";
import type { ModelRows } from "./record_scorer.ts";

/** A block of records that is scored: all that is needed of it in the end. */
export interface Part {
  /** SHA-256 of its records. */
  readonly digest: string;
  /** Numbers of the records, from 0. */
  readonly numbers: Uint32Array;
  readonly rows: ModelRows;
  /** Columns that are taken over from the records, [columns][records]. */
  readonly columns: readonly (readonly unknown[])[];
}

/**
 * Blocks that are scored, each in a file of its own as soon as it is done, so that a call that was killed goes on where it
 * was. One block alone stays in memory.
 */
export class Parts implements Disposable {
  #lock: FolderLock | null = null;
  #alone: Part | null = null;
  #count = 0;
  #known: ReadonlySet<string> = new Set();

  private constructor(readonly folder: string, readonly about: string) {}

  /**
   * Opens the parts of a call.
   *
   * @param about all that scores depend on besides the records; parts of a call that differs in it are removed
   * @throws MetrogradError when another process is at the same
   */
  static async open(folder: string, about: object): Promise<Parts> {
    const parts = new Parts(folder, `${JSON.stringify(about)}\n`);
    if (await whatIsAt(folder) === "folder") await parts.#openFolder();
    return parts;
  }

  /** A block that an earlier call has scored; null where it has not, or where the records have changed. */
  async find(number: number, digest: string): Promise<Part | null> {
    if (!this.#known.has(nameOf(number))) return null;
    const part = await this.#read(number).catch(() => null);
    return part?.digest === digest ? part : null;
  }

  /** Keeps the next block. @param isKept true where its file is there */
  async add(part: Part, isKept: boolean): Promise<void> {
    const number = this.#count++;
    if (number === 0 && !isKept) this.#alone = part;
    if (number === 1 && !this.#lock) await this.#openFolder();
    if (number > 0 && this.#alone) {
      await this.#write(0, this.#alone);
      this.#alone = null;
    }
    if (number > 0 && !isKept) await this.#write(number, part);
  }

  /** All blocks in their order. */
  async *all(): AsyncGenerator<Part> {
    for (let number = 0; number < this.#count; number++) yield this.#alone ?? await this.#read(number);
  }

  /** Removes the files, once they are not needed any more. */
  async remove(): Promise<void> {
    if (this.#lock) await Deno.remove(this.folder, { recursive: true });
  }

  /** Lets another process at the folder. */
  [Symbol.dispose](): void {
    this.#lock?.[Symbol.dispose]();
  }

  async #openFolder(): Promise<void> {
    this.#lock = await FolderLock.take(this.folder);
    const names = await listFolderOrExplain(this.folder, "a folder of scored blocks"),
      path = join(this.folder, aboutFile);
    const about = names.includes(aboutFile) ? await Deno.readTextFile(path) : null;
    if (about === this.about) {
      this.#known = new Set(names.filter((name) => partName.test(name)));
      return;
    }
    for (const name of names) if (partName.test(name)) await Deno.remove(join(this.folder, name));
    await writeAtomically(path, this.about);
  }

  #write(number: number, { digest, numbers, rows, columns }: Part): Promise<void> {
    const part = { digest, numbers: [...numbers], rows: rows.map(packed), columns };
    return writeAtomically(join(this.folder, nameOf(number)), JSON.stringify(part));
  }

  async #read(number: number): Promise<Part> {
    const { digest, numbers, rows, columns } = JSON.parse(await Deno.readTextFile(join(this.folder, nameOf(number))));
    return { digest, numbers: Uint32Array.from(numbers), rows: rows.map(unpacked), columns };
  }
}

const aboutFile = "about.json", partName = /^\d{8}\.json$/;

const nameOf = (number: number) => `${String(number + 1).padStart(8, "0")}.json`;

/** Rows as JSON has them. */
function packed({ predictions: { score, standardDeviation, probabilities }, evidence }: TargetRows) {
  const list = (values: ArrayLike<number> | null) => values && Array.from(values);
  return {
    score: list(score),
    standardDeviation: list(standardDeviation),
    probabilities: list(probabilities),
    evidence: evidence &&
      { ratio: list(evidence.ratio), regime: list(evidence.regime), misfitScore: list(evidence.misfitScore) },
  };
}

interface PackedRows {
  readonly score: readonly number[];
  readonly standardDeviation: readonly number[] | null;
  readonly probabilities: readonly number[] | null;
  readonly evidence: { readonly [Name in "ratio" | "regime" | "misfitScore"]: readonly number[] } | null;
}

function unpacked({ score, standardDeviation, probabilities, evidence }: PackedRows): TargetRows {
  const floats = (values: readonly number[] | null) => values && Float32Array.from(values);
  return {
    predictions: {
      score: Float32Array.from(score),
      standardDeviation: floats(standardDeviation),
      probabilities: floats(probabilities),
    },
    evidence: evidence && {
      ratio: Float64Array.from(evidence.ratio),
      regime: Uint8Array.from(evidence.regime),
      misfitScore: Float64Array.from(evidence.misfitScore),
    },
  };
}
