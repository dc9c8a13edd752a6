import {
  type CalibrationForm,
  type ExpertOdds,
  fitCalibration,
  type FittedCalibration,
  meanLoss,
} from "./calibration.ts";
import type { Corpus } from "./corpus.ts";
import { type ExpertsForm, GateExperts } from "./experts.ts";
import type { GateData, GateReading, GateRows, GateTexts } from "./gate_rows.ts";
import type { Scatter } from "./scatter.ts";

/** Powers of the words' weights that are tried. */
const dampings = [0, 0.5, 1] as const;

/** What may be fitted to held-out rows, the simplest first: by the words, by the embeddings, by both. */
const forms: readonly Omit<CalibrationForm, "sources">[] = [
  { experts: [0], shifts: false },
  { experts: [1], shifts: false },
  { experts: [0, 1], shifts: false },
  { experts: [0], shifts: true },
  { experts: [1], shifts: true },
  { experts: [0, 1], shifts: true },
];

/** Experts, and how far they are to be believed. */
export interface ChosenExperts {
  readonly experts: GateExperts;
  /** Power of the words' weights. */
  readonly damping: number;
  /** Null where no held-out rows have swapped metrics. */
  readonly calibration: FittedCalibration | null;
  /** Log odds of the held-out rows. */
  readonly plain: ExpertOdds;
  /** The same under swapped metrics. */
  readonly swapped: ExpertOdds | null;
}

/**
 * Experts that are fitted to train rows, and chosen by held-out rows: of what makes those as likely as the best does, within
 * a standard error of the difference, the simplest. Words are damped, one expert is left out and odds are shifted only
 * where that is called for.
 */
export function chooseExperts(corpus: Corpus, data: GateData, scatter: Scatter): ChosenExperts {
  const { train, validation, mismatched, sources = validation.text.length } = data;
  const inside = [...train.text.keys()], seen = { ...data, scatter };
  let known: Omit<ExpertsForm, "damping"> = {};
  const fitted = dampings.map((damping) => {
    const experts = GateExperts.fit(corpus, train, inside, seen, { ...known, damping });
    known = { topicOf: experts.topics.topicOf, places: experts.places };
    const plain = oddsOf(experts, data, validation), swapped = mismatched && oddsOf(experts, data, mismatched);
    return { experts, damping, plain, swapped };
  });
  if (!mismatched) return { ...fitted[0]!, calibration: null };
  const tried = forms.flatMap((form) =>
    fitted.map((one) => ({ ...one, calibration: fitCalibration(one.plain, one.swapped!, { ...form, sources }) }))
  );
  const sensible = tried.filter(({ calibration: { slopes } }) => slopes.every((slope) => slope >= 0));
  const lossOf = ({ calibration }: { readonly calibration: FittedCalibration }) => meanLoss(calibration.losses).loss;
  const best = sensible.reduce((a, b) => lossOf(b) < lossOf(a) ? b : a, tried[0]!);
  return sensible.find(({ calibration }) => isAsLikely(calibration, best.calibration)) ?? best;
}

/** True where held-out rows are no less likely by a calibration than by another, but for a standard error of the difference. */
function isAsLikely({ losses }: FittedCalibration, other: FittedCalibration): boolean {
  const { loss, error } = meanLoss(losses.map((each, kind) => each.map((one, row) => one - other.losses[kind]![row]!)));
  return loss <= error;
}

/** Log odds of held-out rows before they are calibrated. */
function oddsOf(experts: GateExperts, texts: GateTexts, rows: GateRows): ExpertOdds {
  const read = new Map<number, GateReading>();
  for (const text of rows.text) if (!read.has(text)) read.set(text, experts.read(texts, text));
  return experts.judge((record) => read.get(record)!, rows).logOdds;
}
