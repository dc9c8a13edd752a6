import type { TextEmbeddings } from "../../data/embeddings/text_embeddings.ts";
import { histogram } from "../figures/charts.ts";
import { counted, formatNumber } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import type { ExploredSet } from "./explored_set.ts";
import { moments } from "../../data/moments.ts";
import { norms, unitRows } from "./vectors.ts";

/** A set and the embeddings of its texts. */
export interface EmbeddedSet {
  readonly set: ExploredSet;
  readonly embeddings: TextEmbeddings;
}

/** Bins of the cosines from -1 to 1. */
const bins = 40;

/** What the embeddings of the texts are like. */
export function textEmbeddingSection(embedded: readonly EmbeddedSet[]): Section {
  const rows = embedded.flatMap(({ set, embeddings: { fields, dimension } }) =>
    fields.map(({ name, data }): Cell[] => {
      const count = data.length / dimension, lengths = norms({ data, count, dimension });
      const there = moments(lengths.filter((length) => length > 0));
      return [
        name,
        set.name,
        count,
        dimension,
        count - (there?.count ?? 0),
        there?.mean ?? null,
        there?.min ?? null,
        there?.max ?? null,
      ];
    })
  );
  const zeros = rows.reduce((sum, row) => sum + Number(row[4]), 0);
  return {
    id: "text-embeddings",
    title: "Text embeddings",
    text: `${
      counted(zeros, "row")
    } of all fields zero: a text that is missing, or one that the encoder made nothing of.`,
    figures: cosineFigure(embedded),
    tables: [
      table("text-embeddings", "Embeddings of each field", [
        "field",
        "set",
        "rows:count",
        "numbers:count",
        "zero rows:count",
        "mean length:number",
        "shortest:number",
        "longest:number",
      ], rows),
    ],
  };
}

/** How near a response's embedding is to that of its prompt. */
function cosineFigure(embedded: readonly EmbeddedSet[]): Figure[] {
  const found = embedded.flatMap(({ set, embeddings }) => {
    const cosines = promptCosines(embeddings);
    return cosines === null || cosines.length === 0 ? [] : [{ set: set.name, cosines }];
  });
  if (found.length === 0) return [];
  const data = found.flatMap(({ set, cosines }) => {
    const counts = new Array<number>(bins).fill(0);
    for (const cosine of cosines) counts[Math.min(Math.max(Math.floor((cosine + 1) * bins / 2), 0), bins - 1)]!++;
    return counts.map((count, i) => ({
      low: 2 * i / bins - 1,
      high: 2 * (i + 1) / bins - 1,
      set,
      count,
      value: count / cosines.length,
    }));
  });
  const title = "Cosine of prompt and response";
  return [{
    id: "prompt-response-cosines",
    title,
    reading: found.map(({ set, cosines }) => `The mean in ${set} is ${formatNumber(moments(cosines)!.mean)}.`).join(
      " ",
    ),
    spec: histogram(data, found.map(({ set }) => set), { x: "cosine", y: "share of records" }),
    data: table(
      "prompt-response-cosines",
      title,
      ["from:number", "below:number", "set", "records:count", "share:share"],
      data.map(({ low, high, set, count, value }) => [low, high, set, count, value]),
    ),
  }];
}

/** Cosines of the records whose prompt and response have embeddings; null where fields are not held apart. */
function promptCosines({ fields, dimension }: TextEmbeddings): Float64Array | null {
  const field = (wanted: string) => fields.find(({ name }) => name === wanted)?.data;
  const prompt = field("user_prompt"), response = field("response");
  if (!prompt || !response) return null;
  const count = prompt.length / dimension;
  const a = unitRows({ data: prompt, count, dimension }).data, b = unitRows({ data: response, count, dimension }).data;
  const cosines: number[] = [];
  for (let row = 0; row < count; row++) {
    let sum = 0, present = false, answered = false;
    for (let k = row * dimension; k < (row + 1) * dimension; k++) {
      sum += a[k]! * b[k]!;
      present ||= a[k] !== 0;
      answered ||= b[k] !== 0;
    }
    if (present && answered) cosines.push(sum);
  }
  return Float64Array.from(cosines);
}
