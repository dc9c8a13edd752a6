/**
 * A value as error messages show what was found: JSON, shortened; "missing", lists and objects in words; and numbers
 * that JSON cannot say by name, since `1e400` in a file is Infinity once it is read.
 */
export function describeValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (value === Infinity || value === -Infinity) return `${value} (beyond the range of numbers, 1.8e308)`;
  if (typeof value !== "string") return String(value);
  const shown = JSON.stringify(value);
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
