import { type DataPaths, nameData } from "../data/files/data_paths.ts";
import type { Reading } from "../data/reading.ts";
import { readMetricDefinitions } from "../data/metrics/metric_definitions.ts";
import { MetricTable } from "../data/metrics/metric_table.ts";
import { describeTextless, describeUnanswered, type MetricRecord } from "../data/records.ts";
import { despiteLoss } from "../engine/device/despite_loss.ts";
import { Engine } from "../engine/engine.ts";
import type { Profile } from "../engine/profile/profile.ts";
import { UsageError } from "../kernels/errors.ts";
import { type Corrected, Correction, type CorrectionOptions } from "../scoring/calibration/correction.ts";
import { calibrationRows } from "../runs/calibration_rows.ts";
import { RunFolder } from "../runs/run_folder.ts";
import { openTrained, type ScoredRecords } from "../runs/trained_folder.ts";
import type { ScoreOptions } from "../scoring/model_scorer.ts";
import { readShiftFigures } from "../runs/results/classes_file.ts";
import type { ShiftFigure } from "../scoring/shift/measure_shifts.ts";
import type { AppliedShift, ShiftRequest } from "../scoring/shift/shift_scores.ts";
import { counted } from "../data/texts/counted.ts";
import { learntFromPairs, pairsHaveNoScale } from "../runs/score_range.ts";
import { readMetricsOf, readTrainedMetrics } from "../runs/read_metrics.ts";
import { createEncodingReporter } from "./output/encoding_progress.ts";
import { createPhaseReporter } from "./output/phase_progress.ts";
import type { MetricFiles } from "./options/options.ts";
import type { Terminal } from "./output/terminal.ts";

/** Options of the commands that score records with a run. */
export interface ScoreCall {
  readonly run: string;
  readonly data: DataPaths;
  /** How they were read. */
  readonly reading?: Reading;
  readonly embeddings: string | null;
  readonly encoder: string | null;
  readonly metrics: MetricFiles | null;
  /** Texts that the data have for metrics, for a run that embeds such. */
  readonly definitions?: ReadonlyMap<string, string>;
  /** How records are allowed for whose scores are distributed otherwise than those of training. */
  readonly shift: ShiftRequest;
  /** File of weights to score by in place of the run's own; null for none. */
  readonly weights?: string | null;
}

/** Records as a run or an ensemble scores them. */
export interface Scored extends ScoredRecords {
  /** For each record whether training lacked its metric. */
  readonly unseen: readonly boolean[];
  /** What each shift does on the run's or the ensemble's held-out rows; empty where it was not measured. */
  readonly shifts: readonly ShiftFigure[];
}

/**
 * Scores records with a run or an ensemble, whose members have no features in common, on an engine that is closed again.
 *
 * @param profile notes what the engine does
 */
export async function scoreWith(
  { run, data, reading, embeddings, encoder, metrics, definitions: found, shift, weights = null }: ScoreCall,
  records: readonly MetricRecord[],
  terminal: Terminal,
  profile?: Profile,
): Promise<Scored> {
  const onNote = (sentence: string) => terminal.note(sentence);
  const source = nameData(data), phases = createPhaseReporter(terminal, undefined, false);
  const textless = describeTextless(records, source, "scored by the metric alone");
  for (const note of [textless, describeUnanswered(records, source)]) if (note !== null) onNote(note);
  const options = {
    source,
    embeddings,
    recovered: reading?.recover ?? false,
    weights,
    encoder,
    metrics: metrics?.names ? await MetricTable.read(metrics.names, metrics.embeddings, { onNote }) : null,
    definitions: metrics?.definitions
      ? await readMetricDefinitions(metrics.definitions, onNote)
      : metrics || !found
      ? null
      : await unknownDefinitions(run, found, onNote),
    onNote,
    observer: { ...createEncodingReporter(terminal), phase: phases.show },
  };
  if (weights !== null) onNote(describeWeights(weights));
  const shifts = await readShiftFigures(new RunFolder(run));
  const trained = await readTrainedMetrics(run);
  const unseen = records.map(({ metric }) => !trained.has(metric));
  const score = () => scoreOnce(run, records, options, shift, profile);
  const scored = await despiteLoss(score, {
    onNote: (sentence) => terminal.warn(sentence),
    next: "the records are scored again",
  });
  terminal.status("");
  return { ...scored, shifts, unseen };
}

/** Says whose weights score in place of the run's own. */
export function describeWeights(weights: string): string {
  return `The weights are those of ${weights}; what the run knows of its held-out rows is of its own.`;
}

/** Definitions that the data have of metrics that a run has no embedding of; null where it embeds none, or knows all. */
export async function unknownDefinitions(
  run: string,
  found: ReadonlyMap<string, string>,
  onNote: (sentence: string) => void,
): Promise<ReadonlyMap<string, string> | null> {
  const { embedsDefinitions, names } = await readMetricsOf(run);
  const unknown = [...found].filter(([name]) => !names.has(name));
  if (!embedsDefinitions || unknown.length === 0) return null;
  const own = unknown.filter(([name, text]) => name === text).length;
  if (own > 0) onNote(`The names of ${counted(own, "metric")} that the run does not know serve as their definitions.`);
  return new Map(unknown);
}

async function scoreOnce(
  run: string,
  records: readonly MetricRecord[],
  options: ScoreOptions,
  shift: ShiftRequest,
  profile: Profile | undefined,
): Promise<ScoredRecords> {
  await using engine = await Engine.open({ ...(options.onNote ? { onNote: options.onNote } : {}), profile });
  return await (await openTrained(run)).score(engine, records, options, shift);
}

/** Says how many records have metrics that training lacked, and names some; null where none has. */
export function describeUnseen(records: readonly MetricRecord[], unseen: readonly boolean[]): string | null {
  const names = new Set(records.flatMap(({ metric }, i) => unseen[i] ? [metric] : []));
  return describeUnseenMetrics(names, unseen.filter((one) => one).length, records.length);
}

/** The same by the names of such metrics and how many of the records have them. */
export function describeUnseenMetrics(metrics: ReadonlySet<string>, count: number, records: number): string | null {
  const names = [...metrics];
  if (names.length === 0) return null;
  const shown = names.slice(0, 3).map((name) => `"${name}"`).join(", ");
  const others = names.length > 3 ? ` and ${names.length - 3} more` : "";
  return `${count} of ${counted(records, "record")} ${count === 1 ? "has a metric" : "have metrics"} that ` +
    `training lacked: ${shown}${others}.`;
}

/**
 * Scores corrected by the run's held-out rows, and intervals around them, as far as asked for.
 *
 * @throws UsageError beside a shift that says nothing of held-out rows, MetrogradError when there are too few of them
 */
export async function corrected(
  options: CorrectionOptions & Pick<ScoreCall, "run" | "shift">,
  { predictions, features }: Pick<Scored, "predictions"> & { readonly features: unknown },
  onNote: (sentence: string) => void,
): Promise<Corrected> {
  const { score, standardDeviation, applied } = predictions;
  if (
    features === null && options.shift.name !== "mean" && asksForCorrection(options) && predictions.shift !== "none"
  ) {
    onNote(
      `An ensemble's held-out rows are not scored with shift ${predictions.shift}; what they say is for records like those of training.`,
    );
  }
  const correction = await fitCorrection(options, applied);
  return correction?.apply(score, standardDeviation) ?? { score, intervals: null };
}

/**
 * What the run's held-out rows say of scores; null where nothing of it is asked for.
 *
 * @param applied what the target rows were scored by; null for records like those of training
 * @throws UsageError and MetrogradError as `corrected` does
 */
export async function fitCorrection(
  { run, shift, ...options }: CorrectionOptions & Pick<ScoreCall, "run" | "shift">,
  applied: AppliedShift | null,
): Promise<Correction | null> {
  if (!asksForCorrection(options)) return null;
  if (shift.name === "mean") {
    throw new UsageError(
      "--calibrate and --interval need held-out rows like the target ones, which --shift mean leaves out.",
    );
  }
  return Correction.fit(await calibrationRows(run, applied), options, run);
}

/** @throws UsageError where scores are to be corrected of a run that learnt from pairs of answers */
export async function expectCorrectable(options: CorrectionOptions & Pick<ScoreCall, "run">): Promise<void> {
  if (!asksForCorrection(options) || !await learntFromPairs(options.run)) return;
  const option = options.interval === null ? "--calibrate" : "--interval";
  throw new UsageError(`${options.run} cannot take ${option}: ${pairsHaveNoScale}.`);
}

const asksForCorrection = ({ calibrate, interval }: CorrectionOptions) => calibrate !== "none" || interval !== null;
