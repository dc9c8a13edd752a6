import { counted } from "../numbers.ts";
import type { Section } from "../section.ts";
import { table } from "../table.ts";
import type { ExploredSet } from "./explored_set.ts";
import { lyingBars } from "../figures/charts.ts";
import { labels } from "../visible_text.ts";

/** Which fields the records have, and what is wrong with their values. */
export function schemaSection(sets: readonly ExploredSet[]): Section {
  const rows = sets.flatMap(({ name, fields }) =>
    fields.map((field) => [
      field.name,
      name,
      [...field.types].map(([type, count]) => `${type} ${count}`).join(", "),
      field.missing,
      field.empty,
      field.blank,
      field.wrong,
      field.firstWrong,
    ])
  );
  const data = table(
    "fields",
    "Values of each field",
    [
      "field",
      "set",
      "types",
      "missing:count",
      "empty:count",
      "white space:count",
      "wrong type:count",
      "first wrong record:count",
    ],
    rows,
    { shown: 120 },
  );
  const names = [...new Set(sets.flatMap(({ fields }) => fields.map(({ name }) => name)))].slice(0, 20);
  const label = labels(names);
  const without = sets.flatMap(({ name: set, fields, records, strange }) =>
    names.map((name, i) => {
      const field = fields.find((one) => one.name === name);
      const all = records.length + strange;
      const lacking = field ? field.missing + field.empty + field.blank : all;
      return { label: label[i]!, set, value: lacking / all, lacking };
    })
  );
  const worst = without.toSorted((a, b) => b.value - a.value)[0]!;
  const wrong = sets.map(({ name, fields, strange }) => {
    const count = fields.reduce((sum, field) => sum + field.wrong, strange);
    return `${counted(count, "value")} of a wrong type in ${name}`;
  });
  return {
    id: "schema",
    title: "Schema",
    text:
      `${wrong.join(", ")}. A missing value is absent or null; the metric, the texts and the score have types that ` +
      "are known, and other fields are held against the type that most of their values have.",
    figures: [{
      id: "fields-without-value",
      title: "Records without a value, by field",
      reading: worst.lacking === 0
        ? "Every field has a value in every record."
        : `${worst.label} is missing, empty or white space in ${counted(worst.lacking, "record")} of ${worst.set}.`,
      spec: lyingBars(without, sets.map(({ name }) => name), { x: "share of records", format: ".0%" }),
      data: table(
        "fields-without-value",
        "Records without a value, by field",
        ["field", "set", "share:share"],
        without.map(({ label, set, value }) => [label, set, value]),
      ),
    }],
    tables: [data],
  };
}
