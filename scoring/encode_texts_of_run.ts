import { basename, isAbsolute } from "node:path";
import { embedRecords } from "../encoders/encode_records.ts";
import { encodeTexts } from "../encoders/encode_texts.ts";
import type { HashEncoder } from "../encoders/hash.ts";
import type { MetricRecord } from "../data/records.ts";
import type { EmbeddingRows } from "../data/embeddings/embedding_rows.ts";
import { type EncoderNote, readTextEmbeddings, type TextEmbeddings } from "../data/embeddings/text_embeddings.ts";
import type { TextField } from "../data/texts/text_layout.ts";
import { whatIsAt } from "../engine/files/files.ts";
import { DataError, ShapeError } from "../kernels/errors.ts";
import {
  encodeDefinitions,
  type EncodedInputs,
  encodeWithHash,
  type EncodingWatch,
  withEncoder,
} from "../encoders/encode_inputs.ts";
import { builtInEncoder, parseEncoderName } from "../encoders/open_encoder.ts";
import { onDoneFor } from "../data/observer.ts";
import type { RunInputs } from "./run_inputs.ts";
import type { Settings } from "../recipes/settings/shared.ts";

/** What a run knows of the encoding of its texts. */
export interface RunEncoding {
  readonly inputs: RunInputs;
  /** The encoder that learnt from the train texts; null for any other. */
  readonly hash: HashEncoder | null;
  readonly features: Settings["features"];
}

/** Where the vectors of records come from. */
export interface TextSource extends EncodingWatch {
  /** What messages call the records, such as their file. */
  readonly source: string;
  /** Folder of text embeddings, where the run was trained on such. */
  readonly embeddings?: string | null;
  /** The same, opened: the rows of the records are read from it. */
  readonly embeddingRows?: EmbeddingRows | null;
  /** Numbers of the records in their source, from 0, where they are some of many; [records]. */
  readonly numbers?: Uint32Array;
  /** True where the records are those before the damage of a file: the folder may have more rows. */
  readonly recovered?: boolean;
  /** The run's pretrained encoder by another name, where it has moved; null for the name that the run knows. */
  readonly encoder?: string | null;
  /** What metrics that training has not seen mean, by name. */
  readonly definitions?: ReadonlyMap<string, string> | null;
}

/**
 * The texts of records, and of definitions of metrics, as a run's network wants them.
 *
 * @throws DataError when they are not of the kind that the run was trained on
 */
export async function encodeForRun(
  run: RunEncoding,
  records: readonly MetricRecord[],
  from: TextSource,
): Promise<EncodedInputs> {
  const { inputs, hash, features } = run;
  const { embeddings: folder = null, encoder = null, definitions = null } = from;
  if (definitions && !inputs.definitions) {
    throw new DataError(
      "This run was trained on given metric embeddings, which definitions cannot be compared with; " +
        "--metric-names and --metric-embeddings are expected.",
    );
  }
  if (hash) {
    if (folder !== null || (encoder ?? builtInEncoder) !== builtInEncoder) {
      throw new DataError(
        `This run was trained with the built-in encoder, so it cannot use ${
          folder === null ? encoder : `the embeddings in ${folder}`
        }.`,
      );
    }
    return await encodeWithHash(
      hash,
      { records, layout: features.texts, definitions },
      onDoneFor("encoding texts", from),
    );
  }
  if (folder !== null) return { embeddings: await readEmbeddings(inputs, records, folder, from), metrics: null };
  const name = encoder ?? (features.encoder === builtInEncoder ? null : features.encoder);
  const fields = inputs.texts as TextField[];
  if (name === null || !inputs.encoder) {
    throw new DataError(`This run was trained on embeddings (${fields.join(", ")}); --embeddings is missing.`);
  }
  if (encoder === null) await expectFolder(name);
  return await withEncoder(name, features.encoding, from, async (opened, options) => {
    expectEncoder(inputs, opened, name);
    return {
      embeddings: await embedRecords(opened, records, fields, options),
      metrics: definitions && await encodeDefinitions(opened, definitions, options),
    };
  });
}

/**
 * Vectors of texts by the run's encoder, [texts, dimension].
 *
 * @throws DataError where the run was trained on embeddings and knows no encoder of theirs
 */
export async function embedForRun(
  { inputs, hash, features }: RunEncoding,
  texts: readonly string[],
  from: Pick<TextSource, "encoder"> & EncodingWatch,
): Promise<Float32Array<ArrayBuffer>> {
  if (hash) return await hash.encode(texts);
  const name = from.encoder ?? features.encoder;
  if (name === builtInEncoder || !inputs.encoder) {
    throw new DataError("This run was trained on embeddings of texts, and knows no encoder of theirs.");
  }
  return await withEncoder(name, features.encoding, from, async (opened, options) => {
    expectEncoder(inputs, opened, name);
    return await encodeTexts(opened, texts, options);
  });
}

/** @throws DataError when an encoder was a folder, and that is gone */
async function expectFolder(name: string): Promise<void> {
  const { argument } = parseEncoderName(name);
  if (!isAbsolute(argument) || await whatIsAt(argument) === "folder") return;
  throw new DataError(
    `This run was trained with ${name}, which is not there any more; --encoder says where it is now.`,
  );
}

/** @throws DataError unless the vectors are those of the run's encoder */
function expectEncoder({ encoder }: RunInputs, { name, fingerprint }: EncoderNote, where: string): void {
  if (!encoder || fingerprint === encoder.fingerprint) return;
  const short = (whole: string) => whole.slice(0, 12);
  throw new DataError(
    `This run was trained with ${encoder.name} (fingerprint ${short(encoder.fingerprint)}), but ${where}${
      where === name ? "" : `, made by ${name},`
    } has fingerprint ${short(fingerprint)}: its weights, its tokenizer or its options differ, or another version of ` +
      `this program prepared the texts.`,
  );
}

async function readEmbeddings(
  inputs: RunInputs,
  records: readonly MetricRecord[],
  folder: string,
  { source, embeddingRows, numbers, recovered = false, onNote = () => {} }: TextSource,
): Promise<TextEmbeddings> {
  const texts = inputs.texts as readonly string[];
  const given = embeddingRows && numbers
    ? await embeddingRows.readEach(numbers)
    : await readTextEmbeddings(folder, records.length, {
      rowsOf: `${basename(source)} has ${records.length} records`,
      recovered,
      onNote,
    });
  const names = given.fields.map(({ name }) => name);
  if (names.toSorted().join() !== texts.toSorted().join()) {
    throw new DataError(`${folder} holds ${names.join(", ")}, but the run was trained on ${texts.join(", ")}.`);
  }
  if (given.dimension !== inputs.textDimension) {
    throw new ShapeError(
      `${folder} has ${given.dimension} columns, but the run was trained on ${inputs.textDimension}.`,
    );
  }
  if (given.encoder) expectEncoder(inputs, given.encoder, folder);
  return given;
}
