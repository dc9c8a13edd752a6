import type { MetricRecord } from "../../data/records.ts";
import { counted, formatNumber } from "../numbers.ts";
import type { RecordCard, RecordGroup, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { visibleText } from "../visible_text.ts";
import type { RunErrors } from "./error_section.ts";
import { type GroupError, groupId, type Kind, kinds, listedGroups } from "./groups.ts";
import type { ShownRun } from "./shown_run.ts";

/** Records of each bar that are shown, and of all together. */
const perGroup = 5, overall = 20;
/** Records that a table has one by one. */
const mostListed = 5000;

const words = { score: "True score", metric: "Metric", language: "Language" } as const;

/** The records that the first run is most wrong on, with what all runs say of them. */
export function recordSection(runs: readonly ShownRun[], errors: RunErrors): Section {
  const [lead] = runs, { scored } = lead!, { records } = scored;
  const beside = predictionsBeside(runs);
  const lists = records === null ? [] : kinds.flatMap((kind) => groupsOf(kind, errors[kind][0] ?? []));
  const wrong = (row: number) => Math.abs(scored.predicted[row]! - scored.actual[row]!);
  const all = [...scored.actual.keys()].sort((a, b) => wrong(b) - wrong(a));
  const shown = records === null
    ? []
    : [...new Set([...all.slice(0, overall), ...lists.flatMap(({ rows }) => rows)])].sort((a, b) =>
      wrong(b) - wrong(a)
    );
  const listed = beside.rows.slice(0, mostListed), carded = new Set(shown.map((row) => scored.numbers[row]!));
  return {
    id: "records",
    title: "Records",
    text: records === null
      ? "The records cannot be read any more, so that their texts are left out."
      : `The ${counted(shown.length, "record")} that ${lead!.label} is most wrong on, of all and of each bar above. ` +
        "Texts are cut where they are long.",
    figures: [],
    tables: [table(
      "predictions",
      runs.length > 1 ? "Predictions of the runs side by side" : "Predictions",
      [
        "record:count",
        ...(records === null ? [] : ["metric"]),
        "true:number",
        ...runs.map(({ label }) => `${label}:number`),
        ...(runs.length > 1 ? ["difference:number"] : []),
        "largest error:number",
        ...(records === null ? [] : ["response"]),
      ],
      listed.map(({ number, record, actual, predicted, difference, error }): Cell[] => [
        number + 1,
        ...(records === null ? [] : [record?.metric ?? null]),
        actual,
        ...predicted,
        ...(runs.length > 1 ? [difference] : []),
        error,
        ...(records === null ? [] : [record === null ? null : visibleText(record.response, 80)]),
      ]),
      {
        shown: 100,
        sortable: true,
        links: listed.map(({ number }) => carded.has(number) ? cardId(number) : null),
        reading: beside.reading,
      },
    )].filter(({ rows }) => rows.length > 0),
    groups: lists.map(({ id, title, rows }): RecordGroup => ({
      id,
      title,
      records: rows.map((row) => [
        cardId(scored.numbers[row]!),
        lineOf(records![row]!, scored.actual[row]!, scored.predicted[row]!),
      ]),
    })),
    cards: shown.map((row) => cardOf(scored.numbers[row]!, records![row]!, scored.actual[row]!, runs)),
  };
}

const cardId = (number: number) => `record-${number + 1}`;

/** The worst rows of groups, scores in their order, of others the most wrong first. */
function groupsOf(kind: Kind, errors: readonly GroupError[]) {
  return listedGroups(errors).sort((a, b) => kind === "score" ? a - b : errors[b]!.rmse - errors[a]!.rmse)
    .map((number) => {
      const { group, rows, rmse, worst } = errors[number]!;
      return {
        id: groupId(kind, number),
        title: `${words[kind]} ${group || "(none)"}: RMSE ${formatNumber(rmse)} over ${counted(rows, "row")}`,
        rows: worst.slice(0, perGroup),
      };
    });
}

const signed = (error: number) => `${error < 0 ? "−" : "+"}${formatNumber(Math.abs(error))}`;

function lineOf({ metric, response }: MetricRecord, actual: number, predicted: number): string {
  return `${metric}: true ${formatNumber(actual)}, predicted ${formatNumber(predicted)} (${
    signed(predicted - actual)
  }) ${visibleText(response, 80)}`;
}

function cardOf(number: number, record: MetricRecord, actual: number, runs: readonly ShownRun[]): RecordCard {
  return {
    id: cardId(number),
    title: `Record ${number + 1}`,
    facts: [
      ["metric", record.metric],
      ["true score", formatNumber(actual)],
      ...runs.flatMap(({ label, scored: { numbers, predicted } }): [string, string][] => {
        const row = numbers.indexOf(number);
        return row < 0 ? [] : [[label, `${formatNumber(predicted[row]!)} (${signed(predicted[row]! - actual)})`]];
      }),
    ],
    texts: [["System prompt", record.systemPrompt ?? ""], ["Prompt", record.userPrompt], ["Response", record.response]]
      .filter(([, text]) => text !== "") as [string, string][],
  };
}

/** What all runs predict of the records that all have scored. */
function predictionsBeside(runs: readonly ShownRun[]) {
  const [lead] = runs,
    places = runs.map(({ scored: { numbers } }) => new Map(numbers.map((number, row) => [number, row])));
  const sameData = runs.every(({ trained: { config } }) =>
    JSON.stringify(config.files) === JSON.stringify(lead!.trained.config.files)
  );
  const { numbers, actual, records } = lead!.scored;
  const isScored = sameData || runs.every(({ scored }) => scored.records === records);
  const rows = (isScored ? numbers : []).flatMap((number, row) => {
    const at = places.map((own) => own.get(number));
    if (at.some((one) => one === undefined)) return [];
    const predicted = runs.map(({ scored }, i) => scored.predicted[at[i]!]!);
    return [{
      number,
      record: records?.[row] ?? null,
      actual: actual[row]!,
      predicted,
      difference: Math.max(...predicted) - Math.min(...predicted),
      error: Math.max(...predicted.map((one) => Math.abs(one - actual[row]!))),
    }];
  }).sort((a, b) => runs.length > 1 ? b.difference - a.difference : b.error - a.error);
  return {
    rows,
    reading: runs.length === 1
      ? "The most wrong first."
      : rows.length === 0
      ? ""
      : `${counted(rows.length, "record")} that all runs have scored; those that they differ on most first.`,
  };
}
