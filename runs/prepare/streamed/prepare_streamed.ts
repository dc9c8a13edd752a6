import { EmbeddingRows } from "../../../data/embeddings/embedding_rows.ts";
import { TextBlocks } from "../../../data/embeddings/text_blocks.ts";
import { GrowingRows } from "../../../data/augmentation/growing_rows.ts";
import { meanScore } from "../../../data/evaluation.ts";
import { type Observer, phasesFor } from "../../../data/observer.ts";
import { drawnRows } from "../../../data/pairs/drawn_rows.ts";
import type { FeatureTables } from "../../../data/pairs/feature_tables.ts";
import { haveBeenCompared } from "../../../data/pairs/preferred.ts";
import type { ScoredPairs } from "../../../data/pairs/scored_pairs.ts";
import { isStandardRange } from "../../../data/scores.ts";
import type { Split } from "../../../data/split.ts";
import { MetrogradError } from "../../../kernels/errors.ts";
import { Philox } from "../../../kernels/philox.ts";
import { recipeNamed } from "../../../recipes/registry.ts";
import { statisticsWidth } from "../../../recipes/features/record_statistics.ts";
import type { RunConfig } from "../../run_folder.ts";
import { PhaseClock } from "../../results/phase_clock.ts";
import { augment } from "../augment.ts";
import { drawPairs } from "../draw_pairs.ts";
import type { EncodingChoice } from "../encode_source.ts";
import type { BaselineRows, PreparedRun } from "../prepared_run.ts";
import { readSource } from "../read_source.ts";
import { splitRecords } from "../split_records.ts";
import { fingerprintOf, trainingData } from "../training_data.ts";
import { type BlockPlan, describePlan } from "./block_plan.ts";
import { readLeanRecords } from "./lean_records.ts";
import { readResident } from "./resident_rows.ts";
import { expectStreamable, settingsForStreaming } from "./settings_for_streaming.ts";

/** Most train rows that the regression beside the run's figures is fitted to, as many as it takes of rows in memory. */
const mostBaselineRows = 10_000;
const baselineStream = 0x57ea;

/**
 * `prepare` for embeddings that are streamed from disk. The tables hold the held-out rows, and a sample of train rows for
 * the baseline. Records are put into that order, so that a text's number is its row in the tables if it is there; of all
 * others only the row in the files is known. No texts of records are kept.
 *
 * @throws DataError or MetrogradError in one sentence for anything that cannot be trained on
 */
export async function prepareStreamed(
  config: RunConfig,
  plan: BlockPlan,
  observer: Observer,
  { signal }: EncodingChoice = {},
): Promise<PreparedRun> {
  const onNote = (sentence: string) => observer.note?.(sentence), phase = phasesFor(observer, signal);
  const folder = config.files!.embeddings!, { features, data: { groupBy, dropStopWords } } = config.settings;
  const baselineRows = Math.min(mostBaselineRows, Math.floor(plan.residentRows / 4));
  const mostHeldOut = plan.residentRows - baselineRows;
  expectStreamable(config.settings, mostHeldOut);
  onNote(describePlan(plan));

  const clock = new PhaseClock();
  const source = await readSource(config, onNote, async (files, onNote, { fixTexts = false } = {}) => {
    const onBytes = (read: number, of: number | null) => {
      signal?.throwIfAborted();
      observer.phase?.("reading records", read, of ?? undefined);
    };
    return { sample: null, ...await readLeanRecords(files!, { fixTexts, groupBy, dropStopWords, onNote, onBytes }) };
  });
  clock.end("reading records");
  const { name, total, scoreRange, metrics } = source;
  if (haveBeenCompared(source.records)) {
    throw new MetrogradError(`${name} has answers that were compared, which are not streamed; scores are expected.`);
  }
  const settings = settingsForStreaming(config.settings, source.records.length, mostHeldOut, onNote);
  const { order, split, baseline: count } = residentFirst(
    source.records.length,
    splitRecords(source.records, settings),
    baselineRows,
    settings.training.seed,
  );
  const heldOut = split.validation.length, resident = heldOut + count;
  // Groups stay whole, so that it may be a few more than were asked for; folds may be many more.
  if (heldOut > plan.residentRows) {
    throw new MetrogradError(
      `${heldOut} records are held out, but memory has room for ${plan.residentRows}; a smaller part is expected.`,
    );
  }
  const records = Array.from(order, (row) => source.records[row]!),
    recordNumbers = order.map((row) => source.kept[row]!);
  using files = await EmbeddingRows.open(folder, onNote);
  files.expectRows(total, `${name} has ${total} records`);
  const whole = recipeNamed(config.recipe).wholeTexts ?? false;
  const blocks = new TextBlocks(folder, recordNumbers, plan, { layout: features.texts, whole });
  const { texts, digest } = await readResident(blocks, resident, phase);

  clock.end("reading embeddings");
  const pairs = drawPairs(records, [records.length, records.length], split, metrics, settings);
  const { plain, validation } = pairs;
  const tables = {
    texts: new GrowingRows(texts.data, texts.fields * texts.dimension),
    fields: texts.fields,
    statistics: new GrowingRows(new Float32Array(resident * statisticsWidth), statisticsWidth),
    metrics: new GrowingRows(metrics.embeddings, metrics.dimension),
  };
  const added = augment({ ...pairs, metrics, tables }, settings.augmentation, pairs.options);
  const data = {
    ...trainingData(settings, { records, paraphraseOf: [], texts, tables, pairs, added, fit: null }),
    blocks,
  };
  clock.end("preparing rows");
  return {
    data,
    memory: plan.memory,
    metrics,
    fit: null,
    refitted: null,
    lexical: null,
    encoder: null,
    sample: null,
    heldOut: recordNumbers.slice(0, heldOut),
    inputs: {
      texts: files.names,
      encoder: files.encoder,
      definitions: source.definitions !== null,
      textFields: texts.fields,
      textDimension: texts.dimension,
      metricDimension: metrics.dimension,
      trainRows: data.train.score.length,
      fittedRows: data.train.score.length,
      trainMean: meanScore(plain.score),
      ...(isStandardRange(scoreRange) ? {} : { scoreRange }),
      fingerprint: fingerprintOf(config, data, digest),
    },
    rows: {
      records,
      recordNumbers,
      paraphraseOf: [],
      plain,
      smoothed: null,
      baseline: baselineOf(data.tables, plain, count),
      added,
      tables,
    },
    clock,
    counts: {
      records: records.length,
      train: plain.score.length,
      validation: validation.score.length,
      added: added.map(({ stage, rows }) => [stage, rows.score.length]),
    },
  };
}

/**
 * Records in a new order: those that are held out, train rows drawn for the baseline, the other train rows, and those that are
 * in neither part.
 */
function residentFirst(records: number, { train, validation }: Split, baselineRows: number, seed: number) {
  const baseline = drawnRows(train, baselineRows, new Philox(seed, baselineStream));
  const order = new Uint32Array(records), placed = new Uint8Array(records);
  let at = 0;
  const place = (rows: Iterable<number>) => {
    for (const row of rows) {
      if (placed[row] === 1) continue;
      placed[row] = 1;
      order[at++] = row;
    }
  };
  for (const rows of [validation, baseline, train, placed.keys()]) place(rows);
  const all = Uint32Array.from(order.keys()), heldOut = validation.length;
  return {
    order,
    split: { validation: all.slice(0, heldOut), train: all.slice(heldOut, heldOut + train.length) },
    baseline: baseline.length,
  };
}

/** The first train rows, whose texts are the last ones of the tables, with their part of the tables alone. */
function baselineOf(
  { texts, groups }: FeatureTables,
  { text, metric, score }: ScoredPairs,
  count: number,
): BaselineRows {
  const first = text[0]!, width = texts.fields * texts.dimension;
  return {
    tables: {
      texts: { ...texts, data: texts.data.slice(first * width) },
      ...(groups && { groups: groups.slice(first, first + count) }),
    },
    rows: {
      text: Uint32Array.from({ length: count }, (_, i) => i),
      metric: metric.slice(0, count),
      score: score.slice(0, count),
    },
  };
}
