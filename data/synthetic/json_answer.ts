/** The JSON array in what a model wrote, which may stand in a fence or between sentences; null where there is none. */
export function arrayIn(content: string): unknown[] | null {
  const from = content.indexOf("["), to = content.lastIndexOf("]");
  if (from < 0 || to < from) return null;
  try {
    const value: unknown = JSON.parse(content.slice(from, to + 1));
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
