import { join } from "node:path";
import { explainWriteError, listFolderOrExplain, whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { MetricTable } from "../metrics/metric_table.ts";
import { writeNpy } from "../files/npy.ts";
import { type EncoderNote, noteFile } from "./text_embeddings.ts";

const format = "metrograd embeddings 1";

/** A field of some records as numbers. */
export interface EmbeddedField {
  /** "user_prompt". */
  readonly name: string;
  /** [records, dimension]; zeros for a text that is missing. */
  readonly data: Float32Array;
  /** 1 for each text that is there, 0 for one that is missing. */
  readonly mask: Uint8Array;
}

/** Embeddings to write. */
export interface EmbeddingsFolder {
  readonly fields: readonly EmbeddedField[];
  readonly dimension: number;
  readonly encoder: EncoderNote;
  /** How the encoder was used, to be read by people. */
  readonly encoding: object;
  /** Metrics by the texts that define them; null for none. */
  readonly metrics: MetricTable | null;
}

/**
 * Writes embeddings as `readTextEmbeddings` reads them: `NAME.npy` for each field, beside it `NAME.mask.npy` with 1 for
 * each text that is there, and `embeddings.json`, which names the encoder. The folder appears whole or not at all.
 *
 * @param force replaces embeddings that are there
 * @throws UsageError when something is there, and with `force` when it is something else
 */
export async function writeEmbeddings(path: string, embedded: EmbeddingsFolder, force = false): Promise<void> {
  const { fields, dimension, encoder, encoding, metrics } = embedded;
  const replaces = await holdsEmbeddings(path, force);
  const beside = (what: string) => `${path.replace(/[\\/]+$/, "")}.${Deno.pid}.${what}`;
  const aside = beside("partial"), old = beside("old");
  try {
    for (const { name, data, mask } of fields) {
      await writeNpy(join(aside, `${name}.npy`), data, [mask.length, dimension]);
      await writeNpy(join(aside, `${name}.mask.npy`), mask, [mask.length]);
    }
    await metrics?.write(aside);
    const note = {
      format,
      encoder,
      encoding,
      dimension,
      fields: fields.map(({ name, mask }) => ({ name, rows: mask.length, missing: mask.filter((one) => !one).length })),
    };
    await writeAtomically(join(aside, noteFile), `${JSON.stringify(note, null, 2)}\n`);
    if (replaces) await Deno.rename(path, old);
    else await Deno.remove(path).catch(() => {});
    await Deno.rename(aside, path);
  } catch (error) {
    await Deno.remove(aside, { recursive: true }).catch(() => {});
    throw explainWriteError(error, path, "nothing half-written was left there");
  }
  if (replaces) await Deno.remove(old, { recursive: true });
}

/**
 * True when a folder holds embeddings that are to be replaced, false when it is free.
 *
 * @throws UsageError when it is neither
 */
export async function holdsEmbeddings(path: string, force: boolean): Promise<boolean> {
  const found = await whatIsAt(path);
  if (found === "nothing") return false;
  if (found === "folder" && !force) {
    throw new UsageError(`${path} exists already; name another folder, or add --force to replace it.`);
  }
  const names = found === "folder" ? await listFolderOrExplain(path, "a folder of embeddings") : [];
  if (names.includes(noteFile) && names.every((name) => /\.(npy|json)$/.test(name))) return true;
  throw new UsageError(`${path} holds something else than embeddings; it is not replaced.`);
}
