import { readTextEmbeddings, type TextEmbeddings } from "../../data/embeddings/text_embeddings.ts";
import type { MetricTable } from "../../data/metrics/metric_table.ts";
import type { Observer } from "../../data/observer.ts";
import type { MetricRecord } from "../../data/records.ts";
import { layOutTexts, type TextTable } from "../../data/texts/text_layout.ts";
import { encodeInputs, type EncodingWatch, type RunTexts, watchOf } from "../../encoders/encode_inputs.ts";
import { recipeNamed } from "../../recipes/registry.ts";
import type { RunConfig } from "../run_folder.ts";
import type { Source } from "./read_source.ts";

/** What of the encoding a caller may choose. */
export type EncodingChoice = Pick<EncodingWatch, "cache" | "signal" | "engine">;

/** Texts and metrics as vectors. */
export interface EncodedSource {
  /** A row a record, as the recipe lays its texts out. */
  readonly texts: TextTable;
  /** The metrics, with embeddings. */
  readonly metrics: MetricTable;
  /** Embeddings as they were given or encoded. */
  readonly embeddings: TextEmbeddings;
  /** What the encoder made; null where embeddings are given. */
  readonly encoded: RunTexts | null;
}

/**
 * Turns the texts of records, and the definitions of their metrics, into vectors, unless embeddings are given.
 *
 * @param texts.everything all records, those that a language model wrote last
 * @param texts.train rows of those that an encoder may learn from
 * @throws DataError when given embeddings do not fit the records
 */
export async function encodeSource(
  { recipe, settings: { features }, files }: RunConfig,
  { source, everything, train }: {
    readonly source: Source;
    readonly everything: readonly MetricRecord[];
    readonly train: Uint32Array;
  },
  observer: Observer,
  choice: EncodingChoice,
): Promise<EncodedSource> {
  const given = files?.embeddings
    ? take(
      await readTextEmbeddings(files.embeddings, source.total, {
        rowsOf: `${source.name} has ${source.total} records`,
        recovered: files.recover,
        onNote: (sentence) => observer.note?.(sentence),
      }),
      source.kept,
    )
    : null;
  if (!given) observer.phase?.("encoding texts");
  const { definitions, records } = source;
  const encoded = given ? null : await encodeInputs(
    { records: everything, train: [...train].map((row) => records[row]!), layout: features.texts, definitions },
    features,
    { ...watchOf(observer), ...choice },
  );
  const embeddings = given ?? encoded!.embeddings;
  const texts = layOutTexts(
    embeddings,
    features.texts,
    files?.embeddings ?? "The encoder",
    { whole: recipeNamed(recipe).wholeTexts ?? false, open: true },
  );
  return { texts, metrics: encoded?.metrics ?? source.metrics, embeddings, encoded };
}

/** The embeddings of some of the records. */
function take({ fields, dimension, encoder = null }: TextEmbeddings, kept: Uint32Array): TextEmbeddings {
  const pick = (data: Float32Array) => {
    if (kept.length * dimension === data.length) return data;
    const picked = new Float32Array(kept.length * dimension);
    kept.forEach((row, i) => picked.set(data.subarray(row * dimension, (row + 1) * dimension), i * dimension));
    return picked;
  };
  return { fields: fields.map(({ name, data }) => ({ name, data: pick(data) })), dimension, encoder };
}
