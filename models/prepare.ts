import { createHash } from "node:crypto";
import { encodeRecords, fitTexts } from "../data/encode_records.ts";
import { meanScore } from "../data/evaluation.ts";
import { HashEncoder } from "../data/encoders/hash.ts";
import { MetricTable } from "../data/metric_table.ts";
import { metricSwapNegatives, mismatchedPairs, type MismatchOptions, type ScoredPairs } from "../data/negatives.ts";
import { type MetricRecord, readRecords } from "../data/records.ts";
import { generateSample, type SampleRecord, type SampleSet } from "../data/sample/generate.ts";
import { sampleMetrics } from "../data/sample/write.ts";
import { holdoutSplit, textKey } from "../data/split.ts";
import { meanText, readTextEmbeddings, type TextEmbeddings } from "../data/text_embeddings.ts";
import { sqrtInverseWeights } from "../data/weights.ts";
import { MetrogradError } from "../kernels/errors.ts";
import type { Reporter } from "./reporter.ts";
import type { RunConfig, RunInputs } from "./run_folder.ts";
import type { LabelledRows, TrainingData } from "./training_data.ts";

/** Seed of the sample set that runs train on, whatever their own seed: runs stay comparable. */
const sampleSeed = 1;

/** A run's data, ready to train on. */
export interface PreparedRun {
  readonly data: TrainingData;
  readonly metrics: MetricTable;
  /** The fitted encoder; null where embeddings were given. */
  readonly encoder: HashEncoder | null;
  readonly inputs: RunInputs;
  /** The sample set, where the run trains on it. */
  readonly sample: SampleSet | null;
  readonly counts: {
    readonly records: number;
    readonly train: number;
    readonly validation: number;
    readonly negatives: number;
  };
}

/**
 * Reads, splits, encodes and augments: from files to rows of numbers. The same config gives the same rows.
 *
 * @throws DataError or MetrogradError in one sentence for anything that cannot be trained on
 */
export async function prepare({ settings, files, maxRows }: RunConfig, reporter: Reporter): Promise<PreparedRun> {
  const onNote = (sentence: string) => reporter.note(sentence);
  const sample = files ? null : generateSample(sampleSeed);
  const all = files
    ? await readRecords(files.data, { scores: "required", recover: files.recover, onNote })
    : sample!.train.map(recordOf);
  const records = maxRows === null ? all : all.slice(0, maxRows);
  const metrics = files
    ? await MetricTable.read(files.metricNames, files.metricEmbeddings, { onNote })
    : await sampleMetrics();
  const source = files?.data ?? "the sample set";
  const metric = Uint32Array.from(records, ({ metric }, i) => metrics.indexOf(metric, `${source}, record ${i + 1}`));
  if (records.length < 2) {
    throw new MetrogradError(`${source} holds ${records.length} record; training needs at least two.`);
  }
  const split = holdoutSplit(records, { ...settings, share: settings.validationShare });
  const pick = (rows: Uint32Array) => [...rows].map((row) => records[row]!);

  const encoder = files?.embeddings ? null : new HashEncoder();
  encoder?.fit(fitTexts(pick(split.train)));
  const embeddings = encoder ? await encodeRecords(encoder, records) : take(
    await readTextEmbeddings(files!.embeddings!, all.length, {
      rowsOf: `${source} has ${all.length} records`,
      recovered: files!.recover,
      onNote,
    }),
    records.length,
  );
  const texts = { data: meanText(embeddings), dimension: embeddings.dimension };

  const score = Float32Array.from(records, ({ score }) => score!);
  const pairs = (rows: Uint32Array<ArrayBuffer>): ScoredPairs => ({
    text: rows,
    metric: rows.map((row) => metric[row]!),
    score: Float32Array.from(rows, (row) => score[row]!),
  });
  const plain = pairs(split.train), validation = pairs(split.validation);
  const options: MismatchOptions = {
    seed: settings.seed,
    metrics: metrics.names.length,
    sameText: numberTexts(records),
    known: { text: Uint32Array.from(records.keys()), metric },
  };
  const negatives = metricSwapNegatives(plain, { ...options, share: settings.negatives });
  const train = join(plain, negatives);
  const weigh = (rows: ScoredPairs, weight: Float32Array<ArrayBuffer>): LabelledRows => ({ ...rows, weight });
  const ones = (rows: ScoredPairs) => weigh(rows, new Float32Array(rows.score.length).fill(1));
  const mismatched = mismatchedPairs(validation, options);
  const data: TrainingData = {
    tables: { texts, metrics: { data: metrics.embeddings, dimension: metrics.dimension } },
    train: settings.weights === "none" ? ones(train) : weigh(train, sqrtInverseWeights(train.score)),
    validation: ones(validation),
    mismatched: mismatched.score.length > 0 ? ones(mismatched) : null,
  };
  return {
    data,
    metrics,
    encoder,
    sample,
    inputs: {
      texts: encoder ? "hash" : embeddings.fields.map(({ name }) => name),
      textDimension: texts.dimension,
      metricDimension: metrics.dimension,
      trainMean: meanScore(plain.score),
      fingerprint: fingerprint(settings, data),
    },
    counts: {
      records: records.length,
      train: plain.score.length,
      validation: validation.score.length,
      negatives: negatives.score.length,
    },
  };
}

/** A record of the sample set as a file of records would give it. */
export function recordOf({ metric_name, system_prompt, user_prompt, response, score }: SampleRecord): MetricRecord {
  return {
    metric: metric_name,
    systemPrompt: system_prompt,
    userPrompt: user_prompt,
    response,
    score: score === undefined ? null : Number(score),
    extra: {},
  };
}

function take({ fields, dimension }: TextEmbeddings, rows: number): TextEmbeddings {
  return { fields: fields.map(({ name, data }) => ({ name, data: data.subarray(0, rows * dimension) })), dimension };
}

function join(a: ScoredPairs, b: ScoredPairs): ScoredPairs {
  return {
    text: Uint32Array.from([...a.text, ...b.text]),
    metric: Uint32Array.from([...a.metric, ...b.metric]),
    score: Float32Array.from([...a.score, ...b.score]),
  };
}

/** The same number for records with the same texts. */
function numberTexts(records: readonly MetricRecord[]): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(records, (record) => {
    const key = textKey(record);
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
}

function fingerprint(settings: RunConfig["settings"], { tables, train, validation }: TrainingData): string {
  const hash = createHash("sha256").update(JSON.stringify(settings));
  const arrays = [tables.texts.data, tables.metrics.data, ...Object.values(train), ...Object.values(validation)];
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest("hex");
}
