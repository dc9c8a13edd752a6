import type { EncoderTensor } from "../../encoders/encoder.ts";
import { HashEncoder } from "../../encoders/hash.ts";
import type { MetricRecord } from "../../data/records.ts";
import { readSafetensors } from "../../engine/files/read_safetensors.ts";
import { writeSafetensors } from "../../engine/files/write_safetensors.ts";
import { DataError } from "../../kernels/errors.ts";
import { rightSingularVectors, type SparseRow } from "../classical/truncated_svd.ts";

/** Dimensions of a hashed text before its projection. */
const hashed = 2048;
/** Dimensions of a text after it. */
export const lexicalNumbers = 96;
/** Texts that directions are found from; more would move them little. */
const fittedTexts = 2000;

/**
 * Words and spelling of responses in numbers by latent semantic analysis: hashed words and character n-grams along the
 * leading singular vectors of the train texts. Embeddings of meaning hold little of these, and next to nothing in languages
 * that their encoder does not know.
 *
 * @see Deerwester et al., "Indexing by latent semantic analysis" (1990)
 */
export class LexicalModel {
  private constructor(
    readonly encoder: HashEncoder,
    /** Directions of length 1, or 0 where there are none, as columns, [hashed, lexicalNumbers]. */
    readonly directions: Float32Array<ArrayBuffer>,
  ) {}

  /** Learns how rare words are from all texts of train records, and the directions from their responses. */
  static async fit(records: readonly MetricRecord[]): Promise<LexicalModel> {
    const encoder = new HashEncoder(hashed);
    encoder.fit(
      new Set(records.flatMap(({ systemPrompt, userPrompt, response }) => [systemPrompt ?? "", userPrompt, response])),
    );
    const responses = [...new Set(records.map(({ response }) => response))];
    const step = Math.max(responses.length / fittedTexts, 1), rows = Math.min(responses.length, fittedTexts);
    const texts = Array.from({ length: rows }, (_, i) => responses[Math.floor(i * step)]!), encoded: SparseRow[] = [];
    for (const text of texts) encoded.push(sparse(await encoder.encode([text])));
    const { data } = rightSingularVectors(encoded, hashed, lexicalNumbers);
    const directions = Float32Array.from(
      { length: data.length },
      (_, at) => data[(at % lexicalNumbers) * hashed + Math.floor(at / lexicalNumbers)]!,
    );
    return new LexicalModel(encoder, directions);
  }

  /** Responses along the directions, [records, lexicalNumbers]. */
  async responses(records: readonly MetricRecord[]): Promise<Float32Array<ArrayBuffer>> {
    const data = new Float32Array(records.length * lexicalNumbers);
    for (const [i, { response }] of records.entries()) {
      // Rows of one response under several metrics mostly follow each other.
      const before = i > 0 && records[i - 1]!.response === response;
      const row = before
        ? data.subarray((i - 1) * lexicalNumbers, i * lexicalNumbers)
        : this.#project(await this.encoder.encode([response]));
      data.set(row, i * lexicalNumbers);
    }
    return data;
  }

  /** Mean rarity of a text's words. @see HashEncoder.rarity */
  rarity({ words }: { readonly words: readonly string[] }): number {
    return words.reduce((sum, word) => sum + this.encoder.rarity(word), 0) / Math.max(words.length, 1);
  }

  /** What was learnt, for `fromState`. */
  state(): Map<string, EncoderTensor> {
    return new Map([
      ...[...this.encoder.state()].map(([name, tensor]) => [`encoder.${name}`, tensor] as const),
      ["directions", { shape: [hashed, lexicalNumbers], data: this.directions }],
    ]);
  }

  /** A model with what another has learnt. @throws DataError when a part is missing or has another size */
  static fromState(
    state: ReadonlyMap<string, { readonly data: ArrayLike<number | bigint> }>,
    source = "the words' state",
  ): LexicalModel {
    const length = hashed * lexicalNumbers, data = state.get("directions")?.data;
    if (!(data instanceof Float32Array) || data.length !== length) {
      throw new DataError(`${source}: "directions" of ${length} float32 numbers is expected.`);
    }
    const encoder = [...state].filter(([name]) => name.startsWith("encoder."));
    return new LexicalModel(
      HashEncoder.fromState(new Map(encoder.map(([name, one]) => [name.slice(8), one])), source),
      Float32Array.from(data),
    );
  }

  /** Writes what was learnt. */
  async write(path: string): Promise<void> {
    const tensors = [...this.state()].map(([name, tensor]) => [name, { dtype: "F32" as const, ...tensor }] as const);
    await writeSafetensors(path, new Map(tensors));
  }

  /** Reads what `write` wrote. @throws DataError when it is damaged */
  static async read(path: string): Promise<LexicalModel> {
    const { tensors } = await readSafetensors(path, "the words of a run");
    return LexicalModel.fromState(tensors, path);
  }

  #project(row: Float32Array): Float64Array {
    const along = new Float64Array(lexicalNumbers), { columns, values } = sparse(row);
    columns.forEach((column, i) => {
      const value = values[i]!, at = column * lexicalNumbers;
      for (let k = 0; k < lexicalNumbers; k++) along[k]! += value * this.directions[at + k]!;
    });
    return along;
  }
}

function sparse(row: Float32Array): SparseRow {
  let count = 0;
  for (let column = 0; column < row.length; column++) if (row[column] !== 0) count++;
  const columns = new Uint32Array(count), values = new Float64Array(count);
  for (let column = 0, at = 0; column < row.length; column++) {
    if (row[column] === 0) continue;
    columns[at] = column;
    values[at++] = row[column]!;
  }
  return { columns, values };
}
