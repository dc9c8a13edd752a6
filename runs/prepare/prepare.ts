import { GrowingRows } from "../../data/augmentation/growing_rows.ts";
import type { GrowingTables } from "../../data/augmentation/targeted_negatives.ts";
import { meanScore } from "../../data/evaluation.ts";
import { type Observer, phasesFor } from "../../data/observer.ts";
import { isStandardRange } from "../../data/scores.ts";
import { haveBeenCompared } from "../../data/pairs/preferred.ts";
import { PhaseClock } from "../results/phase_clock.ts";
import { recipeNamed } from "../../recipes/registry.ts";
import { isRefittedToAll } from "../../recipes/training/refit.ts";
import type { RunConfig } from "../run_folder.ts";
import { augment, languageModelStages } from "./augment.ts";
import { openAugmentedFolder, readAugmentedRows } from "./augmented_rows.ts";
import { drawPairs } from "./draw_pairs.ts";
import { encodeSource, type EncodingChoice } from "./encode_source.ts";
import { MeasuresApart } from "./measure_texts.ts";
import { prepareFit } from "./prepare_fit.ts";
import type { PreparedRun } from "./prepared_run.ts";
import { readSource } from "./read_source.ts";
import { weightedBoth } from "./row_weights.ts";
import { settingsForPairs } from "./settings_for_pairs.ts";
import { smoothScores } from "./smooth_scores.ts";
import { splitRecords } from "./split_records.ts";
import { fingerprintOf, trainingData } from "./training_data.ts";
import { readWrittenRecords } from "./written_records.ts";
import { readWrittenRows } from "./written_rows.ts";

/**
 * From files to rows of numbers: reads, splits, encodes, draws, fits, measures, augments and weighs. The same config gives
 * the same rows.
 *
 * @param choice where vectors of a pretrained encoder are kept, what it computes on, and what stops it
 * @throws DataError or MetrogradError in one sentence for anything that cannot be trained on
 */
export async function prepare(
  config: RunConfig,
  observer: Observer,
  choice: EncodingChoice = {},
): Promise<PreparedRun> {
  const { files } = config, onNote = (sentence: string) => observer.note?.(sentence);

  const clock = new PhaseClock();
  const source = await readSource(config, onNote);
  const { records, kept, scoreRange, sample } = source, compared = haveBeenCompared(records);
  const settings = compared ? settingsForPairs(config, records, onNote) : config.settings;
  const split = splitRecords(records, settings);
  const { augmentation } = settings;
  const given = augmentation.rows === null ? null : await openAugmentedFolder(augmentation.rows, onNote);
  const wanted = {
    embeddings: files?.embeddings ?? null,
    metrics: source.metrics,
    clean: source.clean,
    ...{ records, recordNumbers: kept, split },
    onNote,
  };
  const written = given
    ? readWrittenRows(given, wanted)
    : await readWrittenRecords(augmentation.languageModel.replies, wanted);
  clock.end("reading records");
  const everything = [...records, ...written.paraphrases, ...written.samples];
  const { texts, metrics, embeddings, encoded } = await encodeSource(
    config,
    { source, everything, train: split.train },
    observer,
    choice,
  );
  clock.end("encoding texts");
  const isMeasured = recipeNamed(config.recipe).statistics !== false;
  using measuring = new MeasuresApart({ records: everything, train: split.train, texts }, isMeasured);
  const ends = [records.length, records.length + written.paraphrases.length] as const;
  const pairs = drawPairs(everything, ends, split, metrics, settings);
  const { plain, validation } = pairs;
  const phase = phasesFor(observer, choice.signal);
  const fit = settings.fit.name === "none" ? null : await prepareFit(
    { records, texts, train: plain, validation, metrics, groupBy: settings.data.groupBy, pairs: pairs.options },
    { onNote, phase },
  );
  if (isMeasured) await phase("measuring texts");
  const { statistics, lexical } = await measuring.measured((done, total) => phase("measuring texts", done, total));
  const tables: GrowingTables = {
    texts: new GrowingRows(texts.data, texts.fields * texts.dimension),
    fields: texts.fields,
    statistics: new GrowingRows(statistics.data, statistics.dimension),
    metrics: new GrowingRows(metrics.embeddings, metrics.dimension),
  };
  const added = given === null ? augment({ ...pairs, metrics, tables }, augmentation, pairs.options) : [
    ...await readAugmentedRows(given, { tables, metrics, recordNumbers: kept, train: split.train, onNote }),
    ...languageModelStages(pairs),
  ];
  if (augmentation.smoothing.share > 0) observer.phase?.("smoothing scores");
  const smoothed = augmentation.smoothing.share > 0 ? smoothScores(plain, texts, augmentation.smoothing) : null;
  const learnt = smoothed ? { ...pairs, plain: { ...plain, score: smoothed } } : pairs;
  const { paraphraseOf } = written;
  const data = trainingData(settings, { records, paraphraseOf, texts, tables, pairs: learnt, added, fit });
  const refitted = isRefittedToAll(recipeNamed(config.recipe), settings)
    ? weightedBoth(data.train, validation, settings.weights, fit)
    : null;

  clock.end("preparing rows");
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
      encoder: encoded ? encoded.note : embeddings.encoder ?? null,
      definitions: source.definitions !== null,
      textFields: texts.fields,
      textDimension: texts.dimension,
      metricDimension: metrics.dimension,
      trainRows: data.train.score.length,
      fittedRows: (refitted ?? data.train).score.length,
      trainMean: meanScore(plain.score),
      ...(isStandardRange(scoreRange) ? {} : { scoreRange }),
      ...(compared ? { preferences: true } : {}),
      fingerprint: fingerprintOf(config, data),
    },
    rows: { records: everything, recordNumbers: kept, paraphraseOf, plain, smoothed, added, tables },
    clock,
    counts: {
      records: records.length,
      train: plain.score.length,
      validation: validation.score.length,
      added: added.map(({ stage, rows }) => [stage, rows.score.length]),
    },
  };
}
