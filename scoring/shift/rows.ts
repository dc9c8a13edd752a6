import type { FitEvidence } from "../fit/fit_model.ts";
import type { Predictions } from "../../recipes/training/predict_rows.ts";
import { classCount } from "./classes.ts";

/** Target rows as a recipe scores them. */
export interface TargetRows {
  /** What the recipe says of them. */
  readonly predictions: Predictions;
  /** What the run's fit model says of them; null where it has none. */
  readonly evidence: FitEvidence | null;
}

/** Held-out rows as a run scores them, with their true scores. */
export interface HeldOutRows extends TargetRows {
  /** True scores, [rows]. */
  readonly score: Float32Array;
  /** Numbers of their groups, [rows]; null or absent where records were not grouped. */
  readonly group?: Uint32Array | null;
  /** Numbers of their texts, which a row has in common with its copy under a metric that does not fit, [rows]. */
  readonly text: Uint32Array;
}

/** Some of the rows. */
export function pickRows(
  { predictions, evidence, score, text, group = null }: HeldOutRows,
  rows: readonly number[],
): HeldOutRows {
  const take = (all: Float32Array) => Float32Array.from(rows, (row) => all[row]!);
  const { standardDeviation, probabilities } = predictions;
  const columns = rows.flatMap((row) => Array.from({ length: classCount }, (_, one) => row * classCount + one));
  return {
    predictions: {
      score: take(predictions.score),
      standardDeviation: standardDeviation && take(standardDeviation),
      probabilities: probabilities && Float32Array.from(columns, (at) => probabilities[at]!),
    },
    evidence: evidence && {
      ratio: Float64Array.from(rows, (row) => evidence.ratio[row]!),
      regime: Uint8Array.from(rows, (row) => evidence.regime[row]!),
      misfitScore: Float64Array.from(rows, (row) => evidence.misfitScore[row]!),
    },
    score: take(score),
    text: Uint32Array.from(rows, (row) => text[row]!),
    group: group && Uint32Array.from(rows, (row) => group[row]!),
  };
}

/** Some rows and then others of the same run. */
export function joinRows(a: HeldOutRows, b: HeldOutRows): HeldOutRows {
  const both = (one: Float32Array | null, other: Float32Array | null) => one && other && joined(one, other);
  return {
    predictions: {
      score: joined(a.predictions.score, b.predictions.score),
      standardDeviation: both(a.predictions.standardDeviation, b.predictions.standardDeviation),
      probabilities: both(a.predictions.probabilities, b.predictions.probabilities),
    },
    evidence: a.evidence && b.evidence && {
      ratio: Float64Array.from([...a.evidence.ratio, ...b.evidence.ratio]),
      regime: Uint8Array.from([...a.evidence.regime, ...b.evidence.regime]),
      misfitScore: Float64Array.from([...a.evidence.misfitScore, ...b.evidence.misfitScore]),
    },
    score: joined(a.score, b.score),
    text: Uint32Array.from([...a.text, ...b.text]),
    group: a.group && b.group ? Uint32Array.from([...a.group, ...b.group]) : null,
  };
}

/** Rows of one run that were scored block by block. */
export function joinTargetRows(blocks: readonly TargetRows[]): TargetRows {
  if (blocks.length === 1) return blocks[0]!;
  const all = <Values extends Float32Array | Float64Array | Uint8Array>(
    of: (rows: TargetRows) => Values | null | undefined,
    make: (length: number) => Values,
  ) => {
    const parts = blocks.map(of);
    const whole = make(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
    parts.reduce((at, part) => (part && whole.set(part, at), at + (part?.length ?? 0)), 0);
    return parts.every((part) => part) ? whole : null;
  };
  const floats = (of: (rows: TargetRows) => Float32Array | null) => all(of, (length) => new Float32Array(length));
  const doubles = (of: (rows: TargetRows) => Float64Array | undefined) => all(of, (length) => new Float64Array(length));
  const ratio = doubles(({ evidence }) => evidence?.ratio);
  const misfitScore = doubles(({ evidence }) => evidence?.misfitScore);
  const regime = all(({ evidence }) => evidence?.regime, (length) => new Uint8Array(length));
  return {
    predictions: {
      score: floats(({ predictions }) => predictions.score)!,
      standardDeviation: floats(({ predictions }) => predictions.standardDeviation),
      probabilities: floats(({ predictions }) => predictions.probabilities),
    },
    evidence: ratio && misfitScore && regime && { ratio, misfitScore, regime },
  };
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
