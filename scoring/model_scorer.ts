import { join } from "node:path";
import type { HashEncoder } from "../encoders/hash.ts";
import { MetricTable } from "../data/metrics/metric_table.ts";
import { writeNpy } from "../data/files/npy.ts";
import type { MetricRecord } from "../data/records.ts";
import { withoutSystemStopWords } from "../data/texts/stop_words.ts";
import { layOutTexts, type TextTable } from "../data/texts/text_layout.ts";
import type { Engine } from "../engine/engine.ts";
import { fillFolder } from "../engine/files/files.ts";
import { writeSafetensors } from "../engine/files/write_safetensors.ts";
import { UsageError } from "../kernels/errors.ts";
import type { Module } from "../engine/nn/module.ts";
import { type Batch, BatchSource } from "../recipes/training/batch.ts";
import type { Model } from "../recipes/model.ts";
import { computeRows, predictRows, type RowsOptions } from "../recipes/training/predict_rows.ts";
import { type FitEvidence, type FitModel, fitProbabilities } from "./fit/fit_model.ts";
import type { LexicalModel } from "../recipes/features/lexical.ts";
import { noStatistics, recordStatistics, statisticsWidth } from "../recipes/features/record_statistics.ts";
import type { RidgeBaseline } from "./ridge_baseline.ts";
import type { RunInputs } from "./run_inputs.ts";
import type { EncodingWatch } from "../encoders/encode_inputs.ts";
import { onDoneFor } from "../data/observer.ts";
import { embedForRun, encodeForRun, type TextSource } from "./encode_texts_of_run.ts";
import type { Widths } from "../recipes/recipe.ts";
import type { ClassKnowledge } from "./shift/held_out.ts";
import type { ShiftName } from "./shift/names.ts";
import type { TargetRows } from "./shift/rows.ts";
import { type ShiftedPredictions, shiftedPredictions, type ShiftKnowledge } from "./shift/shift_scores.ts";
import type { Embeddings, Rows } from "../data/pairs/feature_tables.ts";

/** How records are scored. */
export interface ScoreOptions extends TextSource {
  /** Metrics that training has not seen. */
  readonly metrics?: MetricTable | null;
  /** File of weights to score by in place of the run's own: safetensors, or a state dict or checkpoint of PyTorch; null for none. */
  readonly weights?: string | null;
}

/** What the network sees of some records. */
export interface Features {
  /** One row a record. */
  readonly texts: TextTable;
  /** The run's metrics and those that were added. */
  readonly metrics: MetricTable;
  /** Lengths and the like, one row a record. */
  readonly statistics: Embeddings;
  /** For each record the number of its text and of its metric. */
  readonly rows: Rows;
  /** What the run's fit model says of the rows; null where it has none. */
  readonly evidence: FitEvidence | null;
}

/** Widths of what a network saw in training. */
export function widthsOf({ metricDimension, textDimension, textFields, trainRows, fittedRows }: RunInputs): Widths {
  const statistics = statisticsWidth;
  return { metric: metricDimension, text: textDimension, fields: textFields, statistics, trainRows, fittedRows };
}

/** What a scorer is made of. */
export interface ScorerParts {
  /** Whose GPU the model lives on. */
  readonly engine: Engine;
  /** Recipe, network and settings. */
  readonly model: Model;
  /** What training found in its data. */
  readonly inputs: RunInputs;
  /** The metrics that have embeddings. */
  readonly metrics: MetricTable;
  /** The encoder that learnt from the train texts; null for any other. */
  readonly encoder: HashEncoder | null;
  /** How rare words are in the train texts; null in a run that reads no statistics, or of an earlier version. */
  readonly lexical: LexicalModel | null;
  /** Tells records whose metric does not fit; null where there is none. */
  readonly fit: FitModel | null;
}

/** A trained model and all that belongs to it in memory, ready to score records. */
export class ModelScorer implements ScorerParts {
  readonly engine: Engine;
  readonly model: Model;
  readonly inputs: RunInputs;
  readonly metrics: MetricTable;
  readonly encoder: HashEncoder | null;
  readonly lexical: LexicalModel | null;
  readonly fit: FitModel | null;
  /** What shift is allowed for by. */
  readonly shift: ShiftKnowledge;
  /** Ridge regression on the same inputs; null where it is not known. */
  readonly baseline: RidgeBaseline | null;

  /**
   * A scorer of what is in memory already.
   *
   * @param run what messages call it
   * @param known what held-out rows tell of shift, and ridge regression on the same inputs, where they are known
   */
  constructor(
    parts: ScorerParts,
    run: string,
    known: { readonly classes: ClassKnowledge | null; readonly baseline: RidgeBaseline | null } = {
      classes: null,
      baseline: null,
    },
  ) {
    ({
      engine: this.engine,
      model: this.model,
      inputs: this.inputs,
      metrics: this.metrics,
      encoder: this.encoder,
      lexical: this.lexical,
      fit: this.fit,
    } = parts);
    this.shift = { fit: this.fit?.informative ? this.fit : null, classes: known.classes, run };
    this.baseline = known.baseline;
  }

  /**
   * What the network sees of records.
   *
   * @throws DataError when a metric has no embedding or the text embeddings are not of the run's kind
   */
  async features(given: readonly MetricRecord[], options: ScoreOptions): Promise<Features> {
    const records = this.model.settings.data.dropStopWords ? withoutSystemStopWords(given) : given;
    const { source, metrics: added = null, definitions = null, onNote = () => {} } = options;
    const { inputs, encoder: hash, model: { settings: { features } } } = this;
    const merge = (table: MetricTable | null) =>
      table ? this.metrics.merge(table, { source: "The table of further metrics", onNote }) : this.metrics;
    // In the order of `merge`: a metric that is not there is told of before texts are encoded, which may take long.
    const names = definitions
      ? MetricTable.ofNames(new Set([...this.metrics.names, ...definitions.keys()]))
      : merge(added);
    const remedy = inputs.definitions
      ? "--metric-definitions takes the texts that define further metrics"
      : "--metric-names and --metric-embeddings take further metrics";
    const metric = Uint32Array.from(
      records,
      ({ metric }, i) => names.indexOf(metric, `${source}, record ${(options.numbers?.[i] ?? i) + 1}`, remedy),
    );
    const { embeddings, metrics: defined } = await encodeForRun({ inputs, hash, features }, records, options);
    const metrics = definitions ? merge(defined) : names;
    const rows = { text: Uint32Array.from(records.keys()), metric };
    const texts = layOutTexts(
      embeddings,
      this.model.settings.features.texts,
      options.embeddings ?? "The encoder",
      { whole: this.model.recipe.wholeTexts ?? false },
    );
    return {
      texts,
      metrics,
      statistics: this.model.recipe.statistics === false
        ? noStatistics(records.length)
        : await recordStatistics(records, texts, this.lexical, onDoneFor("measuring texts", options)),
      rows,
      evidence: this.fit &&
        await this.fit.evidence({ records, texts }, rows, metrics, onDoneFor("judging which metrics fit", options)),
    };
  }

  /** Vectors of texts by the run's encoder, [texts, dimension]. @throws DataError where it has none */
  embed(texts: readonly string[], options: Omit<ScoreOptions, "source">): Promise<Float32Array<ArrayBuffer>> {
    const { inputs, encoder: hash, model: { settings: { features } } } = this;
    return embedForRun({ inputs, hash, features }, texts, options);
  }

  /** What the network says of what `features` has made, and the fit model of the same rows. */
  async score(
    { texts, metrics, statistics, rows, evidence }: Features,
    options: RowsOptions = {},
  ): Promise<TargetRows> {
    const tables = { texts, metrics: { data: metrics.embeddings, dimension: metrics.dimension }, statistics };
    const source = new BatchSource(this.engine, tables);
    try {
      const predictions = await predictRows(this.engine, this.model, source, rows, options);
      // Preferences tell of scores alone: how sure a network is of them was not learnt.
      const uncertain = this.inputs.preferences ? { standardDeviation: null, probabilities: null } : {};
      return { predictions: { ...predictions, ...uncertain }, evidence };
    } finally {
      source.dispose();
    }
  }

  /**
   * What the network makes of rows before it scores them, [rows, dimension].
   *
   * @throws UsageError where the recipe has no such place
   */
  async rowEmbeddings({ texts, metrics, statistics, rows }: Features): Promise<Embeddings> {
    const { recipe, network, settings } = this.model;
    if (!recipe.embed) throw new UsageError(`The recipe ${recipe.name} makes no embedding of a record.`);
    const tables = { texts, metrics: { data: metrics.embeddings, dimension: metrics.dimension }, statistics };
    const source = new BatchSource(this.engine, tables);
    try {
      const of = (batch: Batch) => [recipe.embed!(network, batch, settings)];
      const [data] = await computeRows(this.engine, network, source, rows, of);
      return { data: data!, dimension: data!.length / rows.text.length };
    } finally {
      source.dispose();
    }
  }

  /**
   * Scores what `features` has made, with the offset and the rounding of the run's settings.
   *
   * @param shift how rows are allowed for whose scores are distributed otherwise than those of training
   * @param target "mean": what the mean score is to be; null for the mean that "em" comes to
   * @param watch told how many records are scored
   * @throws UsageError where the run lacks what the shift is estimated by
   */
  async predict(
    features: Features,
    shift: ShiftName = "auto",
    target: number | null = null,
    watch: EncodingWatch = {},
  ): Promise<ShiftedPredictions> {
    const rows = await this.score(features, { onDone: onDoneFor("scoring records", watch) });
    return shiftedPredictions(rows, this.shift, { name: shift, target }, this.model.settings.prediction);
  }

  /** Probability that each row's metric fits its text, NaN where it is not judged; null where no row is. */
  fits({ evidence }: Features, { applied }: ShiftedPredictions): Float64Array<ArrayBuffer> | null {
    return evidence && applied?.kind === "misfits" ? fitProbabilities(evidence, applied.shares) : null;
  }

  /** What ridge regression on the same inputs says; null in a run of an earlier version. */
  predictBaseline({ texts, metrics, rows }: Features): Float32Array<ArrayBuffer> | null {
    const tables = { texts, metrics: { data: metrics.embeddings, dimension: metrics.dimension } };
    return this.baseline?.predict(tables, rows) ?? null;
  }

  /** Frees the network. */
  dispose(): void {
    this.model.network.dispose();
  }
}

/** Writes what the network saw as `metric.npy` and `text.npy`, a row a record, to repeat its scores elsewhere. */
export async function saveFeatures(folder: string, { texts, metrics, rows }: Features): Promise<void> {
  const count = rows.text.length;
  const gathered = new Float32Array(count * metrics.dimension);
  rows.metric.forEach((metric, row) => gathered.set(metrics.row(metric), row * metrics.dimension));
  await fillFolder(folder, async () => {
    await writeNpy(join(folder, "metric.npy"), gathered, [count, metrics.dimension]);
    await writeNpy(join(folder, "text.npy"), texts.data, [count, texts.fields * texts.dimension]);
  });
}

/** Writes embeddings of records as `text.npy`, a row a record, for `--embeddings`. */
export async function saveEmbeddings(folder: string, { data, dimension }: Embeddings): Promise<void> {
  await fillFolder(folder, () => writeNpy(join(folder, "text.npy"), data, [data.length / dimension, dimension]));
}

/** Writes a network's weights as a safetensors file that PyTorch opens. @param metadata to say beside */
export async function saveModel(path: string, network: Module, metadata: Record<string, string> = {}): Promise<void> {
  await writeSafetensors(path, network.streamState(), { format: "pt", ...metadata });
}
