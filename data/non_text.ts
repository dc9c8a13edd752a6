/** What becomes of records of which a text is none: refused, read as the text of the value, or left out of training. */
export const nonTextActions = ["refuse", "fix", "drop"] as const;
/** Name of such an action. */
export type NonText = (typeof nonTextActions)[number];

const textNames = ["system_prompt", "user_prompt", "prompt", "response", "expected_response"] as const;

/** A record's fields with all texts as text: numbers as they are written, lists and objects as JSON; null where all are. */
export function fixTexts(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | null {
  const wrong = textNames.filter((name) => {
    const value = fields[name];
    return value !== undefined && value !== null && typeof value !== "string";
  });
  if (wrong.length === 0) return null;
  const texts = wrong.map((name) => [name, JSON.stringify(fields[name])]);
  return { ...fields, ...Object.fromEntries(texts) };
}
