import { cleanRecords } from "../../data/clean.ts";
import { nameData } from "../../data/files/data_paths.ts";
import { readMetricDefinitions } from "../../data/metrics/metric_definitions.ts";
import { MetricTable } from "../../data/metrics/metric_table.ts";
import type { NoteTaker } from "../../data/note_taker.ts";
import { describeFixed } from "../../data/texts/missing_texts.ts";
import { expectScored, type MetricRecord } from "../../data/records.ts";
import { expectGroupField } from "../../data/split.ts";
import type { SampleSet } from "../../data/sample/generate.ts";
import { sampleMetrics } from "../../data/sample/write.ts";
import type { ScoreRange } from "../../data/scores.ts";
import { counted } from "../../data/texts/counted.ts";
import { withoutSystemStopWords } from "../../data/texts/stop_words.ts";
import { builtInEncoder } from "../../encoders/open_encoder.ts";
import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import type { RunConfig } from "../run_folder.ts";
import { givenRecords } from "./given_records.ts";

/** Records that a run may use, and what is known of their metrics before texts are encoded. */
export interface Source {
  /** What messages call it. */
  readonly name: string;
  /** Records that are used. */
  readonly records: readonly MetricRecord[];
  /** The number of each in the file, counted from 0. */
  readonly kept: Uint32Array;
  /** Records in the file, those that are not used among them. */
  readonly total: number;
  /** The scale of their scores. */
  readonly scoreRange: ScoreRange;
  /** Texts that define the metrics, by name; null where the metrics' embeddings are given. */
  readonly definitions: ReadonlyMap<string, string> | null;
  /** The metrics; until defined ones are encoded, their names are all there is of them. */
  readonly metrics: MetricTable;
  /** The sample set, where the run trains on it. */
  readonly sample: SampleSet | null;
  /** Leaves out of records what the settings leave out. */
  readonly clean: (records: readonly MetricRecord[]) => readonly MetricRecord[];
}

/**
 * Reads and cleans a run's records, and finds their metrics.
 *
 * @param read how records are read, where that is not the usual way
 * @throws DataError or MetrogradError in one sentence for anything that cannot be trained on
 */
export async function readSource(
  { settings, files, maxRows }: RunConfig,
  onNote: NoteTaker,
  read: typeof givenRecords = givenRecords,
): Promise<Source> {
  const { nonText } = settings.data;
  const given = await read(files, onNote, { fixTexts: nonText !== "refuse" });
  const { sample, records: all, scoreRange, definitions: found, fixed } = given;
  const name = files ? nameData(files.data) : "the sample set";
  const note = describeFixed(fixed, name, nonText === "drop" ? "left out" : "read as the text of its value");
  if (note !== null) onNote(note);
  expectScored(all.filter(({ score }) => score !== null).length, all.length, name, scoreRange);
  const { records: cleaned, kept } = cleanRecords(maxRows === null ? all : all.slice(0, maxRows), {
    offGrid: settings.data.offGrid,
    dropped: nonText === "drop" ? fixed : [],
    source: name,
    onNote,
  });
  const { groupBy } = settings.data, placeOf = (row: number) => `${name}, record ${kept[row]! + 1}`;
  if (groupBy !== null) expectGroupField(cleaned, groupBy, placeOf);
  const clean = (some: readonly MetricRecord[]) => settings.data.dropStopWords ? withoutSystemStopWords(some) : some;
  const records = clean(cleaned);
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
  const metrics = definitions
    ? MetricTable.ofNames(definitions.keys())
    : files
    ? await MetricTable.read(files.metricNames!, files.metricEmbeddings!, { onNote })
    : await sampleMetrics();
  for (const [i, { metric }] of records.entries()) metrics.indexOf(metric, placeOf(i));
  if (records.length < 2) {
    throw new MetrogradError(`${name} holds ${records.length} record; training needs at least two.`);
  }
  return { name, records, kept, total: all.length, scoreRange, definitions, metrics, sample, clean };
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
