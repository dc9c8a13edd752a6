import { errorFactor, type ScoreRange } from "../../data/scores.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import { partsOf } from "../../runs/ensemble/combine.ts";
import { groupsOf, type ValidationRow } from "../../runs/results/validation_file.ts";
import { ConformalIntervals, intervalLevels } from "../../scoring/calibration/conformal.ts";
import type { IntervalFigures } from "../../scoring/evaluate.ts";

/**
 * What conformal intervals hold of held-out rows, each row's interval by the other parts of them: groups stay together.
 * Levels for which there are too few rows are left out.
 *
 * @param range scale of the widths
 */
export function heldOutCoverage(rows: readonly ValidationRow[], range: ScoreRange): IntervalFigures[] {
  const groups = groupsOf(rows), partOfRow = partsOf(rows.length);
  const firsts = new Map<number, number>();
  groups?.forEach((group) => firsts.has(group) || firsts.set(group, firsts.size));
  const partOfGroup = partsOf(firsts.size);
  const part = rows.map((_, i) => groups ? partOfGroup[firsts.get(groups[i]!)!]! : partOfRow[i]!);
  const hasDeviations = rows.every(({ standardDeviation }) => standardDeviation !== null);
  return intervalLevels.flatMap((level) => {
    try {
      const found = new Set(part).values().flatMap((own) => within(own));
      const each = [...found],
        mean = (of: (one: typeof each[number]) => number) => each.reduce((sum, one) => sum + of(one), 0) / each.length;
      return [{
        level,
        coverage: mean(({ inside }) => inside ? 1 : 0),
        meanWidth: errorFactor(range) * mean(({ width }) => width),
      }];
    } catch (error) {
      if (error instanceof MetrogradError) return [];
      throw error;
    }

    function within(own: number) {
      const split = (wanted: boolean) => {
        const some = rows.filter((_, i) => (part[i] === own) === wanted);
        return {
          predicted: some.map(({ predicted }) => predicted),
          actual: some.map(({ score }) => score),
          standardDeviation: hasDeviations ? some.map(({ standardDeviation }) => standardDeviation!) : null,
          weight: some.map(() => 1),
          group: groupsOf(some),
        };
      };
      const here = split(true);
      const { low, high } = ConformalIntervals.fit(split(false), level, "held-out rows")
        .around(here.predicted, here.standardDeviation);
      return here.actual.map((score, i) => ({
        inside: low[i]! <= score && score <= high[i]!,
        width: high[i]! - low[i]!,
      }));
    }
  });
}
