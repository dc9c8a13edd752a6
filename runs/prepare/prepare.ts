import { createHash } from "node:crypto";
import { drawnRows } from "../../data/pairs/drawn_rows.ts";
import { GrowingRows } from "../../data/augmentation/growing_rows.ts";
import type { GrowingTables } from "../../data/augmentation/targeted_negatives.ts";
import { meanScore } from "../../data/evaluation.ts";
import type { HashEncoder } from "../../encoders/hash.ts";
import { nearMissesOf } from "../../data/metrics/near_misses.ts";
import { readMetricDefinitions } from "../../data/metrics/metric_definitions.ts";
import { MetricTable } from "../../data/metrics/metric_table.ts";
import type { NoteTaker } from "../../data/note_taker.ts";
import { mismatchedPairs, type MismatchOptions } from "../../data/pairs/negatives.ts";
import type { ScoredPairs } from "../../data/pairs/scored_pairs.ts";
import { cleanRecords } from "../../data/clean.ts";
import { nameData } from "../../data/files/data_paths.ts";
import { type MetricRecord, readRecordSet } from "../../data/records.ts";
import { generateSample, type SampleRecord, type SampleSet } from "../../data/sample/generate.ts";
import { sampleMetrics } from "../../data/sample/write.ts";
import { isStandardRange, scoreRange as standardRange } from "../../data/scores.ts";
import { groupNumbers, holdoutSplit, type Split, stratifiedFolds, textKey } from "../../data/split.ts";
import { withoutSystemStopWords } from "../../data/texts/stop_words.ts";
import { readTextEmbeddings, type TextEmbeddings } from "../../data/embeddings/text_embeddings.ts";
import { layOutTexts } from "../../data/texts/text_layout.ts";
import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { type Added, augment, joinPairs } from "./augment.ts";
import { counted } from "../../data/texts/counted.ts";
import { encodeInputs, type EncodingWatch, watchOf } from "../../encoders/encode_inputs.ts";
import { builtInEncoder } from "../../encoders/open_encoder.ts";
import { type PreparedFit, prepareFit } from "./prepare_fit.ts";
import { LexicalModel } from "../../recipes/features/lexical.ts";
import { recordStatistics } from "../../recipes/features/record_statistics.ts";
import { recipeNamed } from "../../recipes/registry.ts";
import { keptSettings } from "../training/resume_changes.ts";
import { isRefittedToAll } from "../../recipes/training/refit.ts";
import type { Observer, RowCounts } from "../../data/observer.ts";
import { unweighted, weighted, weightedBoth } from "./row_weights.ts";
import type { RunConfig } from "../run_folder.ts";
import type { RunInputs } from "../../scoring/run_inputs.ts";
import type { Settings } from "../../recipes/settings/shared.ts";
import type { Embeddings, LabelledRows, TrainingData } from "../../data/pairs/feature_tables.ts";
import { readWrittenRecords } from "./written_records.ts";

/** Seed of the sample set that runs train on, whatever their own seed: runs stay comparable. */
export const sampleSeed = 1;

const rowsStream = 0xba66;

/** A run's data, ready to train on. */
export interface PreparedRun {
  readonly data: TrainingData;
  readonly metrics: MetricTable;
  /** Tells records whose metric does not fit; null where none is wanted. */
  readonly fit: PreparedFit | null;
  /** Train and validation rows, where the run is fitted to both once it was measured; else null. */
  readonly refitted: LabelledRows | null;
  /** The encoder that learnt from the train texts; null for any other. */
  readonly encoder: HashEncoder | null;
  /** How rare words are in the train texts. */
  readonly lexical: LexicalModel;
  readonly inputs: RunInputs;
  /** The sample set, where the run trains on it. */
  readonly sample: SampleSet | null;
  /** Numbers of the records that are held out, in the order of the validation rows, counted from 0 in the file. */
  readonly heldOut: Uint32Array;
  readonly counts: RowCounts;
  /** What was put together. */
  readonly rows: PreparedRows;
}

/** Train rows as augmentation leaves them. */
export interface PreparedRows {
  /** All records that are used, in the order of the texts' rows; those that a language model wrote come last. */
  readonly records: readonly MetricRecord[];
  /** The numbers of those from the file, counted from 0 there. */
  readonly recordNumbers: Uint32Array;
  /** Train rows that are records. */
  readonly plain: ScoredPairs;
  /** What each stage adds. */
  readonly added: readonly Added[];
  /** What the rows look their numbers up in. */
  readonly tables: GrowingTables;
}

/**
 * Reads, cleans, splits, encodes and augments: from files to rows of numbers. The same config gives the same rows.
 *
 * @param watch where vectors of a pretrained encoder are kept, and what stops it
 * @throws DataError or MetrogradError in one sentence for anything that cannot be trained on
 */
export async function prepare(
  config: RunConfig,
  reporter: Observer,
  watch: Pick<EncodingWatch, "cache" | "signal" | "engine"> = {},
): Promise<PreparedRun> {
  const { settings, files, maxRows } = config;
  const onNote = (sentence: string) => reporter.note?.(sentence);
  const sample = files ? null : generateSample(sampleSeed);
  const { records: all, scoreRange, definitions: found } = files
    ? await readRecordSet(files.data, { scores: "required", recover: files.recover, reading: files.reading, onNote })
    : { records: sample!.train.map(recordOf), scoreRange: standardRange, definitions: new Map<string, string>() };
  const source = files ? nameData(files.data) : "the sample set";
  const { records: clean, kept } = cleanRecords(maxRows === null ? all : all.slice(0, maxRows), {
    offGrid: settings.data.offGrid,
    source,
    onNote,
  });
  const withoutStopWords = (all: readonly MetricRecord[]) =>
    settings.data.dropStopWords ? withoutSystemStopWords(all) : all;
  const records = withoutStopWords(clean);
  if (files?.embeddings && (settings.features.encoder !== builtInEncoder || files.metricDefinitions)) {
    throw new UsageError(
      `The texts' embeddings are given (${files.embeddings}); no encoder and no metric definitions, which need one, are ` +
        "expected beside them.",
    );
  }
  const definitions = files?.metricDefinitions
    ? await readMetricDefinitions(files.metricDefinitions, onNote)
    : files && files.metricNames === null
    ? definitionsOf(records, found, onNote)
    : null;
  // Until defined metrics are encoded, their names are all there is of them.
  const known = definitions
    ? MetricTable.ofNames(definitions.keys())
    : files
    ? await MetricTable.read(files.metricNames!, files.metricEmbeddings!, { onNote })
    : await sampleMetrics();
  for (const [i, { metric }] of records.entries()) known.indexOf(metric, `${source}, record ${kept[i]! + 1}`);
  if (records.length < 2) {
    throw new MetrogradError(`${source} holds ${records.length} record; training needs at least two.`);
  }
  const split = drawnFrom(splitOf(records, settings), settings);

  const layout = settings.features.texts;
  const written = await readWrittenRecords({
    replies: settings.augmentation.languageModel.replies,
    embeddings: files?.embeddings ?? null,
    metrics: known.names,
    clean: withoutStopWords,
    heldOut: [...split.validation].map((row) => records[row]!),
    onNote,
  });
  const everything = [...records, ...written];
  const given = files?.embeddings
    ? take(
      await readTextEmbeddings(files.embeddings, all.length, {
        rowsOf: `${source} has ${all.length} records`,
        recovered: files.recover,
        onNote,
      }),
      kept,
    )
    : null;
  if (!given) reporter.phase?.("encoding texts");
  const encoded = given ? null : await encodeInputs(
    { records: everything, train: [...split.train].map((row) => records[row]!), layout, definitions },
    settings.features,
    { ...watchOf(reporter), ...watch },
  );
  const metrics = encoded?.metrics ?? known;
  const embeddings = given ?? encoded!.embeddings;
  const texts = layOutTexts(
    embeddings,
    layout,
    files?.embeddings ?? "The encoder",
    { whole: recipeNamed(config.recipe).wholeTexts ?? false, open: true },
  );

  const metric = Uint32Array.from(everything, ({ metric }) => metrics.indexOf(metric));
  const score = Float32Array.from(everything, ({ score }) => score!);
  const pairs = (rows: Uint32Array<ArrayBuffer>): ScoredPairs => ({
    text: rows,
    metric: rows.map((row) => metric[row]!),
    score: Float32Array.from(rows, (row) => score[row]!),
  });
  const plain = pairs(split.train), validation = pairs(split.validation);
  const options: MismatchOptions = {
    seed: settings.training.seed,
    metrics: metrics.names.length,
    sameText: numberTexts(everything),
    known: { text: Uint32Array.from(everything.keys()), metric },
  };
  // Drawn with the split: runs of one split are measured on the same rows, whatever their seed.
  const drawn = { ...options, seed: settings.data.splitSeed ?? settings.training.seed };
  const mismatched = mismatchedPairs(validation, drawn);
  const nearMisses = mismatchedPairs(validation, drawn, nearMissesOf(metrics));
  if (settings.fit.name !== "none") reporter.phase?.("learning which metrics fit which texts");
  const fit = settings.fit.name === "none" ? null : prepareFit(
    { records, texts, train: plain, validation, metrics, groupBy: settings.data.groupBy, pairs: options },
    onNote,
  );
  reporter.phase?.("measuring texts");
  const lexical = await LexicalModel.fit([...split.train].map((row) => records[row]!));
  const tables: GrowingTables = {
    texts: new GrowingRows(texts.data, texts.fields * texts.dimension),
    fields: texts.fields,
    statistics: growing(await recordStatistics(everything, texts, lexical)),
    metrics: growing({ data: metrics.embeddings, dimension: metrics.dimension }),
  };
  const writtenRows = pairs(Uint32Array.from(written, (_, i) => records.length + i));
  const added = augment({ plain, metrics, tables, written: writtenRows }, settings.augmentation, options);
  const train = joinPairs([plain, ...added.map(({ rows }) => rows)]);
  const rowsThatDoNotFit = added.reduce((sum, { mismatched, rows }) => sum + (mismatched ? rows.score.length : 0), 0);
  const data: TrainingData = {
    tables: {
      texts: { ...texts, data: tables.texts.joined() },
      metrics: { data: tables.metrics.joined(), dimension: tables.metrics.dimension },
      statistics: { data: tables.statistics.joined(), dimension: tables.statistics.dimension },
      groups: groupNumbers(records, settings.data.groupBy),
    },
    train: weighted(train, settings.weights, fit),
    validation: unweighted(validation),
    mismatched: mismatched.score.length > 0 ? unweighted(mismatched) : null,
    nearMisses: nearMisses.score.length > 0 ? unweighted(nearMisses) : null,
    mismatchedShare: rowsThatDoNotFit / plain.score.length,
  };
  const refitted = isRefittedToAll(recipeNamed(config.recipe), settings)
    ? weightedBoth(train, validation, settings.weights, fit)
    : null;
  return {
    data,
    metrics,
    fit,
    refitted,
    lexical,
    encoder: encoded?.hash ?? null,
    sample,
    heldOut: split.validation.map((row) => kept[row]!),
    inputs: {
      texts: encoded?.hash ? "hash" : embeddings.fields.map(({ name }) => name),
      encoder: encoded ? encoded.note : given!.encoder ?? null,
      definitions: definitions !== null,
      textFields: texts.fields,
      textDimension: texts.dimension,
      metricDimension: metrics.dimension,
      trainRows: train.score.length,
      fittedRows: (refitted ?? train).score.length,
      trainMean: meanScore(plain.score),
      ...(isStandardRange(scoreRange) ? {} : { scoreRange }),
      fingerprint: fingerprint(config, data),
    },
    rows: { records: everything, recordNumbers: kept, plain, added, tables },
    counts: {
      records: records.length,
      train: plain.score.length,
      validation: validation.score.length,
      added: added.map(({ stage, rows }) => [stage, rows.score.length]),
    },
  };
}

/** Texts that define the metrics of records where no file does: those that the data have, else the metrics' own names. */
function definitionsOf(
  records: readonly MetricRecord[],
  found: ReadonlyMap<string, string>,
  onNote: NoteTaker,
): ReadonlyMap<string, string> {
  const names = [...new Set(records.map(({ metric }) => metric))];
  const own = names.filter((name) => (found.get(name) ?? name) === name);
  if (own.length > 0) {
    onNote(
      `No definitions are given for ${own.length} of ${counted(names.length, "metric")}: their names serve as their ` +
        "texts; --metric-definitions takes better ones.",
    );
  }
  return new Map(names.map((name) => [name, found.get(name) ?? name]));
}

function growing({ data, dimension }: Embeddings): GrowingRows {
  return new GrowingRows(data, dimension);
}

function splitOf(records: readonly MetricRecord[], { data, training }: Settings): Split {
  const { groupBy, validationShare: share, folds, fold } = data;
  const options = { seed: data.splitSeed ?? training.seed, groupBy };
  if (folds === 0) return holdoutSplit(records, { ...options, share });
  return stratifiedFolds(records, { ...options, folds })[fold]!;
}

/** Of the train rows those that are learnt from, at least one. */
function drawnFrom({ train, validation }: Split, { training: { rowShare, seed } }: Settings): Split {
  const count = Math.max(Math.round(rowShare * train.length), 1);
  return { train: drawnRows(train, count, new Philox(seed, rowsStream)), validation };
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

/** The same number for records with the same texts. */
function numberTexts(records: readonly MetricRecord[]): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(records, (record) => {
    const key = textKey(record);
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
}

function fingerprint({ recipe, settings }: RunConfig, { tables, train, validation }: TrainingData): string {
  const hash = createHash("sha256").update(JSON.stringify([recipe, keptSettings(settings)]));
  const arrays = [tables.texts.data, tables.metrics.data, ...Object.values(train), ...Object.values(validation)];
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest("hex");
}
