import { MetricTable } from "../../../data/metrics/metric_table.ts";
import type { MetricRecord } from "../../../data/records.ts";
import type { TextTable } from "../../../data/texts/text_layout.ts";
import { Philox } from "../../../kernels/philox.ts";
import type { Phase } from "../../../data/observer.ts";
import { FitModel } from "../../../scoring/fit/fit_model.ts";

/** A record whose words are these. */
export const recordOf = (response: string, metric = "m"): MetricRecord => ({
  metric,
  systemPrompt: null,
  userPrompt: "",
  response,
  score: null,
  extra: {},
});

/** Embeddings that say nothing of any text. */
export function blankTexts(records: number): TextTable {
  return { data: new Float32Array(2 * records), fields: 1, dimension: 2 };
}

/** Metrics none of which is more like another than any. */
export function unlikeMetrics(metrics: number): MetricTable {
  const data = new Float32Array(metrics ** 2);
  for (let m = 0; m < metrics; m++) data[m * metrics + m] = 1;
  return new MetricTable(Array.from({ length: metrics }, (_, m) => `m${m}`), data, metrics);
}

/** What is known of texts each of which has one row. */
export const knownOf = (metric: ArrayLike<number>) => (text: number): ReadonlySet<number> => new Set([metric[text]!]);

/** How texts are made whose words say nothing and whose embeddings lie around their metric's mean. */
export interface PlantedOptions {
  readonly metrics?: number;
  readonly dimension?: number;
  /** Rows of the part that is learnt from, held out and judged. */
  readonly sizes?: readonly [train: number, heldOut: number, test: number];
  /** True where a metric's mean follows from its embedding. */
  readonly related?: boolean;
  /** Metrics at the end of the table that the first two parts lack. */
  readonly added?: number;
  readonly seed?: number;
}

/** Rows of texts whose embeddings lie around the mean of their metric. */
export function plantTexts(
  { metrics = 30, dimension = 12, sizes = [900, 200, 300], related = true, added = 0, seed = 1 }: PlantedOptions = {},
) {
  const random = new Philox(seed), normals = () => Float64Array.from({ length: dimension }, () => random.normal());
  const embeddings = Array.from({ length: metrics }, normals), turn = Array.from({ length: dimension }, normals);
  const means = embeddings.map((embedding) =>
    related ? turn.map((row) => row.reduce((sum, one, k) => sum + 0.6 * one * embedding[k]!, 0)) : normals()
  );
  const [train, heldOut, test] = sizes, count = train + heldOut + test;
  const metric = Uint32Array.from(
    { length: count },
    (_, i) => random.integer(i < train + heldOut ? metrics - added : metrics),
  );
  const data = new Float32Array(count * dimension);
  metric.forEach((one, i) => {
    for (let j = 0; j < dimension; j++) data[i * dimension + j] = means[one]![j]! + 1.2 * random.normal();
  });
  const records = Array.from(
    metric,
    (one) => recordOf(`word${random.integer(30)} word${random.integer(30)}`, `m${one}`),
  );
  const part = (from: number, to: number) => ({
    text: Uint32Array.from({ length: to - from }, (_, i) => from + i),
    metric: metric.slice(from, to),
  });
  const names = Array.from({ length: metrics }, (_, m) => `m${m}`);
  return {
    records,
    texts: { data, fields: 1, dimension } satisfies TextTable,
    table: new MetricTable(names, Float32Array.from(embeddings.flatMap((one) => [...one])), dimension),
    train: part(0, train),
    heldOut: part(train, train + heldOut),
    test: part(train + heldOut, count),
    metric,
    random,
  };
}

/** A fit model on such texts. @param score of each train row; 9 by default @param known metrics of a text; its own by default */
export function fitOn(
  { records, texts, table, train, heldOut, metric }: ReturnType<typeof plantTexts>,
  score = new Float32Array(train.text.length).fill(9),
  known = knownOf(metric),
  phase?: Phase,
) {
  return FitModel.fit({
    records,
    texts,
    train: { ...train, score },
    trainGroups: train.text,
    heldOut: { rows: { ...heldOut, score: heldOut.text.map(() => 9) }, groups: heldOut.text, known },
    metrics: { data: table.embeddings, dimension: table.dimension },
  }, phase);
}
