import { DataError, MetrogradError } from "../kernels/errors.ts";
import { Philox } from "../kernels/philox.ts";
import { quoteNearest } from "./texts/nearest_name.ts";
import type { MetricRecord } from "./records.ts";
import { scoreClass } from "./scores.ts";

/** Numbers of the records on either side of a split, in ascending order. */
export interface Split {
  /** Records to learn from. */
  readonly train: Uint32Array<ArrayBuffer>;
  /** Records to measure on. */
  readonly validation: Uint32Array<ArrayBuffer>;
}

/** How records are divided. */
export interface SplitOptions {
  /** Another seed gives another split. */
  readonly seed: number;
  /** Field whose equal values stay together; without it, records with the same texts do, and answers that were compared. */
  readonly groupBy?: string | null;
}

const splitStream = 0x5b117;

/**
 * Holds out part of the records. Records of one group are all on one side; the score classes are spread as evenly as
 * groups allow. Made before any augmentation, so that no copy of a validation record is trained on.
 *
 * @param options.share part of the records to hold out
 * @throws MetrogradError when there are fewer than two groups, DataError when a record lacks the group field
 */
export function holdoutSplit(records: readonly MetricRecord[], options: SplitOptions & { share: number }): Split {
  const { share } = options;
  const side = assign(records, [share, 1 - share], options);
  return {
    validation: Uint32Array.from(rowsOf(side, 0)),
    train: Uint32Array.from(rowsOf(side, 1)),
  };
}

/**
 * Divides the records into folds of equal size, with the same promises as `holdoutSplit`; each fold in turn is the
 * validation side of a split.
 */
export function stratifiedFolds(records: readonly MetricRecord[], options: SplitOptions & { folds: number }): Split[] {
  const { folds } = options;
  const side = assign(records, new Array<number>(folds).fill(1 / folds), options);
  return Array.from({ length: folds }, (_, fold) => ({
    validation: Uint32Array.from(rowsOf(side, fold)),
    train: Uint32Array.from(side.keys().filter((row) => side[row] !== fold)),
  }));
}

const rowsOf = (side: Uint32Array, wanted: number) => side.keys().filter((row) => side[row] === wanted);

/**
 * Gives each group a side. Groups are taken from the largest to the smallest, those of one size in random order, and each
 * goes where it adds least to the chi-square distance of the sides' counts, in total and of each score class, from their
 * shares: the sum of count² / (share x total).
 *
 * @see scikit-learn's StratifiedGroupKFold, which is greedy in the same way
 */
function assign(
  records: readonly MetricRecord[],
  shares: readonly number[],
  { seed, groupBy = null }: SplitOptions,
): Uint32Array<ArrayBuffer> {
  const groups = groupRows(records, groupBy);
  if (groups.length < shares.length) {
    const what = groupBy === null ? "different texts" : `different values of "${groupBy}"`;
    throw new MetrogradError(
      `Training needs records with at least ${shares.length} ${what}, but found ${groups.length}.`,
    );
  }
  const classes = records.map(({ score }) => scoreClass(score ?? 0));
  const totals = new Map<number, number>();
  for (const one of classes) totals.set(one, (totals.get(one) ?? 0) + 1);
  const order = new Philox(seed, splitStream).permutation(groups.length);
  const queue = Array.from(order, (number) => groups[number]!).sort((a, b) => b.length - a.length);
  const filled = shares.map(() => new Map<number, number>());
  const rows = shares.map(() => 0);
  const side = new Uint32Array(records.length);
  const sides: number[][][] = shares.map(() => []);
  for (const group of queue) {
    const counts = new Map<number, number>();
    for (const row of group) counts.set(classes[row]!, (counts.get(classes[row]!) ?? 0) + 1);
    let best = 0, bestCost = Infinity;
    for (const [candidate, share] of shares.entries()) {
      let cost = growth(rows[candidate]!, group.length, share * records.length);
      for (const [one, count] of counts) {
        cost += growth(filled[candidate]!.get(one) ?? 0, count, share * totals.get(one)!);
      }
      if (cost < bestCost) [best, bestCost] = [candidate, cost];
    }
    rows[best]! += group.length;
    for (const [one, count] of counts) filled[best]!.set(one, (filled[best]!.get(one) ?? 0) + count);
    sides[best]!.push(group);
  }
  fillEmpty(sides);
  for (const [number, groups] of sides.entries()) for (const row of groups.flat()) side[row] = number;
  return side;
}

/** What `more` rows add to count² / expected. */
function growth(count: number, more: number, expected: number): number {
  return more * (2 * count + more) / expected;
}

/** Gives each empty side the smallest group of the side that has the most. */
function fillEmpty(sides: readonly number[][][]): void {
  for (const empty of sides.filter((groups) => groups.length === 0)) {
    const fullest = sides.reduce((a, b) => b.length > a.length ? b : a);
    // Groups were placed from the largest to the smallest.
    empty.push(fullest.pop()!);
  }
}

/** For each record the number of its group, from 0: records with the same value of a field, or with the same texts. */
export function groupNumbers(records: readonly MetricRecord[], groupBy: string | null): Uint32Array<ArrayBuffer> {
  const numbers = new Uint32Array(records.length);
  groupRows(records, groupBy).forEach((rows, group) => rows.forEach((row) => numbers[row] = group));
  return numbers;
}

function groupRows(records: readonly MetricRecord[], groupBy: string | null): number[][] {
  const groups = new Map<string, number[]>();
  records.forEach((record, row) => {
    const key = groupBy === null ? ownKey(record) : fieldKey(record, groupBy, () => `Record ${row + 1}`);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  });
  return [...groups.values()];
}

/** Answers that were compared stay together, and with them all others to the same prompt. */
function ownKey(record: MetricRecord): string {
  return record.pair ? JSON.stringify([record.systemPrompt, record.userPrompt]) : textKey(record);
}

/** A key that records share when all their texts are the same. */
export function textKey(
  { systemPrompt, userPrompt, response }: Pick<MetricRecord, "systemPrompt" | "userPrompt" | "response">,
): string {
  return JSON.stringify([systemPrompt, userPrompt, response]);
}

/**
 * Refuses records that cannot be grouped by a field.
 *
 * @param placeOf where a record stands, for the message: "train.json, record 7"
 * @throws DataError naming the first record that lacks the field
 */
export function expectGroupField(
  records: readonly MetricRecord[],
  field: string,
  placeOf: (row: number) => string,
): void {
  for (const [row, record] of records.entries()) fieldKey(record, field, () => placeOf(row));
}

function fieldKey(record: MetricRecord, field: string, place: () => string): string {
  const known: Readonly<Record<string, unknown>> = {
    metric_name: record.metric,
    system_prompt: record.systemPrompt,
    user_prompt: record.userPrompt,
    response: record.response,
  };
  const fields = Object.hasOwn(known, field) ? known : record.extra;
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (value === undefined) {
    const nearest = quoteNearest(field, Object.keys({ ...known, ...record.extra }));
    throw new DataError(`${place()} has no field "${field}" to group by; the nearest one is ${nearest}.`);
  }
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}
