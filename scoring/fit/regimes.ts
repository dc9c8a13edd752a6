import { Philox } from "../../kernels/philox.ts";
import type { Rows } from "../../data/pairs/feature_tables.ts";
import {
  calibrate,
  type Calibration,
  type CalibrationRows,
  chanceLoss,
  chooseCalibration,
  type LogRatios,
  meanLoss,
  pairAccuracy,
} from "./calibration.ts";
import { expertNames, type ExpertRows, Experts } from "./experts.ts";
import type { MetricParts } from "./metric_parts.ts";
import {
  calledMisfits,
  callForShare,
  estimateMisfitShare,
  highestMisfitScore,
  leastShare,
  misfitProbability,
} from "./misfits.ts";

/** The kinds of rows that evidence is calibrated for: their metric was in training, or it was not. */
export const regimeNames = ["seen", "unseen"] as const;
/** Name of such a kind. */
export type RegimeName = (typeof regimeNames)[number];

/** How far the experts can be trusted with rows of a kind. */
export interface Regime {
  /** Of the experts' log ratios. */
  readonly calibration: Calibration;
  /** Share of the pairs of a held-out row and one with a swapped metric that the ratios order rightly; 0.5 is chance. */
  readonly accuracy: number;
  /** False where held-out rows cannot be told from swapped ones; scores of such rows are left as they are. */
  readonly informative: boolean;
  /** Share of the held-out rows, and of those with swapped metrics, whose ratio is below 1. */
  readonly called: readonly [fitting: number, swapped: number];
  /** Ratios of the held-out rows. */
  readonly heldOut: Float64Array;
}

/** Rows that were held out from the fit. */
export interface HeldOut {
  /** Their texts, metrics and scores. */
  readonly rows: Rows & { readonly score: ArrayLike<number> };
  /** Number of each row's group or text: rows of one group count as one. */
  readonly groups: ArrayLike<number>;
  /** The metrics that a text, or an equal one, is known to be scored by. */
  readonly known: (text: number) => ReadonlySet<number>;
}

/** Share of pairs that has to be ordered rightly for a regime to be informative. */
const leastAccuracy = 0.65;
/** Standard errors by which held-out rows have to be likelier than by chance for the same. */
const surely = 2;
/** Units (groups of texts, or metrics) below which nothing can be said. */
const leastUnits = 5;
/** Swapped metrics drawn for each held-out row. */
const swapsPerRow = 4;
/** Parts of the train rows that are held out in turn. */
const turns = 5;

const swapStream = 0xf17;

/** A regime without evidence. */
export const nothingKnown: Regime = {
  calibration: { slopes: expertNames.map(() => 0), shift: 0 },
  accuracy: 0.5,
  informative: false,
  called: [0, 0],
  heldOut: new Float64Array(),
};

/**
 * Evidence for metrics of training: held-out rows that have one, against swapped metrics as frequent as in training. Where
 * hardly any held-out row has one, since each group has metrics of its own, train rows take turns at being held out.
 *
 * @param train the rows that `of` was made of, as held-out rows
 * @returns the regime, and the experts; null where there are too few rows to fit any for
 */
export async function seenRegime(
  of: ExpertRows,
  heldOut: HeldOut,
  train: HeldOut,
): Promise<{ readonly regime: Regime; readonly experts: Experts | null }> {
  const pool = of.rows.metric, seen = new Set(pool), random = new Philox(0, swapStream);
  const drawFrom = ({ rows, groups, known }: HeldOut) => {
    const fitting = [...rows.metric.keys()].filter((row) => seen.has(rows.metric[row]!));
    const swaps = drawSwaps(rows, fitting, pool, known, random);
    return { rows, fitting, swaps, units: [fitting, swaps.from].map((some) => some.map((row) => groups[row]!)) };
  };
  const held = drawFrom(heldOut),
    isHeld = areEnough(held.units),
    { rows, fitting, swaps, units } = isHeld ? held : drawFrom(train);
  if (!areEnough(units)) return { regime: nothingKnown, experts: null };
  const experts = await Experts.fit(of, { wanted: expertNames }), kept = pickRows(rows, fitting);
  if (!isHeld) of.rounds.total += turns;
  const judged = isHeld ? await judgeBoth(experts, of, kept, swaps.rows) : await judgeByTurns(experts, of, kept, swaps);
  await of.rounds.end();
  const available = expertNames.flatMap((name, i) =>
    (name === "words" ? experts.words : name === "ridge" ? experts.ridge : experts.means) ? [i] : []
  );
  const all = { fitting: judged[0], swapped: judged[1], units: [units[0]!, units[1]!] as const };
  return { regime: regimeOf(all, lowOf(rows, fitting), available), experts };
}

/** What experts say of train rows, and of the same with swapped metrics, that they were not fitted to. */
async function judgeByTurns(
  experts: Experts,
  of: ExpertRows,
  rows: Rows,
  swaps: ReturnType<typeof drawSwaps>,
): Promise<[LogRatios, LogRatios]> {
  const nothing = ({ text }: Rows) => expertNames.map(() => new Float64Array(text.length));
  const said: [Float64Array[], Float64Array[]] = [nothing(rows), nothing(swaps.rows)];
  for (let turn = 0; turn < turns; turn++) {
    const without = [...rows.text.keys()].filter((row) => row % turns === turn);
    const others = await Experts.fit(of, { wanted: expertNames, without, topicOf: experts.words?.topicOf });
    const swapped = [...swaps.from.keys()].filter((at) => swaps.from[at]! % turns === turn);
    const judged = await judgeBoth(others, of, pickRows(rows, without), pickRows(swaps.rows, swapped));
    [without, swapped].forEach((own, kind) =>
      judged[kind]!.forEach((column, expert) => column.forEach((one, i) => said[kind]![expert]![own[i]!] = one))
    );
    await of.rounds.end();
  }
  return said;
}

/**
 * Evidence for metrics that training lacked. Parts of the metrics take turns: the regression is fitted without their rows,
 * and judges held-out rows that have one against the others of the part. The rows of one metric count as one.
 *
 * @param parts of the metrics of all rows
 */
export async function unseenRegime(of: ExpertRows, { rows, known }: HeldOut, parts: MetricParts): Promise<Regime> {
  if (parts.count < 2 || rows.metric.length === 0) return nothingKnown;
  const pool = new Uint32Array([...of.rows.metric, ...rows.metric]);
  const column = expertNames.indexOf("ridge"), fitting: Float64Array[] = [], swapped: Float64Array[] = [];
  const units: [number[][], number[][]] = [[], []], low: boolean[][] = [];
  for (let own = 0; own < parts.count; own++) {
    const isOwn = (metric: number) => parts.of.get(metric) === own;
    const held = [...rows.metric.keys()].filter((row) => isOwn(rows.metric[row]!)), without = of.parts[own]!;
    const swaps = drawSwaps(rows, held, pool.filter(isOwn), known, parts.random);
    if (swaps.from.length > 0 && without.length < of.rows.metric.length) {
      const experts = await Experts.fit(of, { wanted: ["ridge"], without });
      const judged = await judgeBoth(experts, of, pickRows(rows, held), swaps.rows);
      fitting.push(judged[0][column]!);
      swapped.push(judged[1][column]!);
      low.push(lowOf(rows, held));
      units[0].push(held.map((row) => rows.metric[row]!));
      units[1].push(swaps.from.map((row) => rows.metric[row]!));
    }
    await of.rounds.end();
  }
  const only = (parts: readonly Float64Array[]) => {
    const values = Float64Array.from(parts.flatMap((part) => [...part]));
    return expertNames.map((_, i) => i === column ? values : new Float64Array(values.length));
  };
  const all = { fitting: only(fitting), swapped: only(swapped), units: [units[0].flat(), units[1].flat()] as const };
  return regimeOf(all, low.flat(), [column]);
}

/** What experts say of some rows and of some with swapped metrics, most of them of the same texts. */
async function judgeBoth(
  experts: Experts,
  of: ExpertRows,
  fitting: Rows,
  swapped: Rows,
): Promise<[LogRatios, LogRatios]> {
  const both = {
    text: Uint32Array.from([...fitting.text, ...swapped.text]),
    metric: Uint32Array.from([...fitting.metric, ...swapped.metric]),
  };
  const dimension = of.directions.length / of.metrics, count = fitting.text.length;
  const { logRatios } = await experts.judge(of.data, both, of.directions, dimension, of.rounds.within);
  return [logRatios.map((column) => column.slice(0, count)), logRatios.map((column) => column.slice(count))];
}

/** Some of the rows. */
export const pickRows = ({ text, metric }: Rows, rows: readonly number[]): Rows => ({
  text: Uint32Array.from(rows, (row) => text[row]!),
  metric: Uint32Array.from(rows, (row) => metric[row]!),
});

/** Some rows with metrics drawn from a pool that their texts are not known to be scored by. @returns the row that each is of */
function drawSwaps(
  { text }: Rows,
  of: readonly number[],
  pool: ArrayLike<number>,
  known: HeldOut["known"],
  random: Philox,
): { readonly rows: Rows; readonly from: number[] } {
  const from: number[] = [], metric: number[] = [];
  for (const row of of) {
    const taken = known(text[row]!);
    for (let drawn = 0, tries = 0; pool.length > 0 && drawn < swapsPerRow && tries < 10 * swapsPerRow; tries++) {
      const one = pool[random.integer(pool.length)]!;
      if (taken.has(one)) continue;
      from.push(row);
      metric.push(one);
      drawn++;
    }
  }
  return { rows: { text: Uint32Array.from(from, (row) => text[row]!), metric: Uint32Array.from(metric) }, from };
}

const areEnough = (units: readonly ArrayLike<number>[]) =>
  units.every((each) => new Set(Array.from(each)).size >= leastUnits);

/** Of some rows those that may score low because their metric does not fit. */
const lowOf = ({ score }: HeldOut["rows"], of: readonly number[]) => of.map((row) => score[row]! <= highestMisfitScore);

/**
 * The regime that held-out rows and swapped ones speak for. Held-out rows with low scores that turn out to be misfits
 * themselves are left out, and the calibration is chosen again.
 *
 * @param low whether each row that is as it is has a low score
 */
function regimeOf(all: CalibrationRows, low: readonly boolean[], available: readonly number[]): Regime {
  if (!areEnough(all.units) || available.length === 0) return nothingKnown;
  const first = chooseCalibration(all, available), before = calibrate(first, all.fitting);
  const lowRatios = before.filter((_, row) => low[row]);
  const isCalledFor = lowRatios.length > 0 && callForShare(lowRatios, leastShare, before.filter((_, row) => !low[row]));
  const share = isCalledFor ? estimateMisfitShare(lowRatios) : 0;
  const isMisfit = calledMisfits(before.map((one, row) => low[row] ? misfitProbability(one, share) : 0));
  const rows: CalibrationRows = {
    fitting: all.fitting.map((column) => column.filter((_, row) => !isMisfit[row])),
    swapped: all.swapped,
    units: [Array.from(all.units[0]).filter((_, row) => !isMisfit[row]), all.units[1]],
  };
  const { units } = rows, isSame = !isMisfit.includes(true);
  const { losses, slopes, shift } = isSame ? first : chooseCalibration(rows, available),
    calibration = { slopes, shift };
  const ratios = calibrate(calibration, rows.fitting), others = calibrate(calibration, rows.swapped);
  const accuracy = pairAccuracy(ratios, others), { loss, error } = meanLoss(losses, units);
  const belowOne = (some: Float64Array) => some.filter((one) => one < 1).length / some.length;
  return {
    calibration,
    accuracy,
    informative: slopes.every((slope) => slope >= 0) && accuracy >= leastAccuracy && loss + surely * error < chanceLoss,
    called: [belowOne(ratios), belowOne(others)],
    heldOut: calibrate(calibration, all.fitting),
  };
}
