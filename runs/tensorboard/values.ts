import { leaves } from "../../recipes/settings/table.ts";
import { scalarValue, type SummaryValue, textValue } from "./events.ts";

/** Numbers of curves by name, without those that are not known. */
export function scalarValues(numbers: Readonly<Record<string, number | null | undefined>>): SummaryValue[] {
  return Object.entries(numbers).flatMap(([tag, value]) =>
    value === null || value === undefined ? [] : [scalarValue(tag, value)]
  );
}

/** Settings in sections as a table in Markdown. */
export function settingsValue(settings: object): SummaryValue {
  const rows = leaves(settings).map(([path, value]) => `| ${path} | ${cell(value)} |`);
  return textValue("settings", ["| setting | value |", "| --- | --- |", ...rows].join("\n"));
}

const cell = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : String(value)).replaceAll("|", "\\|");
