import { hasTexts, type MetricRecord } from "../records.ts";

/** Says how many records have something else in place of a text, and which is the first; null where none has. */
export function describeFixed(fixed: readonly number[], source: string, then: string): string | null {
  return describeSome(fixed, source, "a prompt or a response that is no text", then);
}

/** Says how many records have no texts, and which is the first; null where all have some. @param then what becomes of them */
export function describeTextless(records: readonly MetricRecord[], source: string, then: string): string | null {
  const numbers = [...records.keys()].filter((i) => !hasTexts(records[i]!));
  return describeSome(numbers, source, textlessLack, then);
}

const textlessLack = "neither a user_prompt nor a response";
const unansweredLack = ["no response", "judged by the prompt alone"] as const;

/** Counts what is worth saying of records that come block by block. */
export class RecordSurvey {
  #textless: Found = { count: 0, first: 0 };
  #unanswered: Found = { count: 0, first: 0 };

  /** Looks at some records. @param numbers the number of each, from 0 */
  add(records: readonly MetricRecord[], numbers: ArrayLike<number>): void {
    const found = (before: Found, i: number) => ({
      count: before.count + 1,
      first: before.count ? before.first : numbers[i]!,
    });
    records.forEach((record, i) => {
      if (!hasTexts(record)) this.#textless = found(this.#textless, i);
      else if (record.response.trim() === "") this.#unanswered = found(this.#unanswered, i);
    });
  }

  /** Sentences as those of `describeTextless` and `describeUnanswered`. */
  describe(source: string, then: string): string[] {
    return [
      describeFound(this.#textless, source, textlessLack, then),
      describeFound(this.#unanswered, source, ...unansweredLack),
    ].filter((sentence) => sentence !== null);
  }
}

/**
 * Says how many records have a prompt but no response, and which is the first; null where there are none.
 *
 * @param numbers the numbers of the records in their file, from 0
 */
export function describeUnanswered(
  records: readonly MetricRecord[],
  source: string,
  numbers: ArrayLike<number> = Array.from(records.keys()),
): string | null {
  const found = [...records.keys()].filter((i) => hasTexts(records[i]!) && records[i]!.response.trim() === "");
  return describeSome(found.map((i) => numbers[i]!).sort((a, b) => a - b), source, ...unansweredLack);
}

/** How many records there are of a kind, and the number of the first, from 0. */
interface Found {
  readonly count: number;
  readonly first: number;
}

function describeSome(numbers: readonly number[], source: string, lack: string, then: string): string | null {
  return describeFound({ count: numbers.length, first: numbers[0] ?? 0 }, source, lack, then);
}

function describeFound({ count, first }: Found, source: string, lack: string, then: string): string | null {
  if (count === 0) return null;
  return count === 1
    ? `${source}: record ${first + 1} has ${lack}; it is ${then}.`
    : `${source}: ${count} records, the first of them record ${first + 1}, have ${lack}; they are ${then}.`;
}
