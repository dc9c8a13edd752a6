/** A setting by the name that it has now: those that were renamed keep their old name for a version. */
export function currentSetting(path: string, word: string): [path: string, word: string] {
  return path === "gate.name" ? ["fit.name", word === "topics" ? "auto" : word] : [path, word];
}

/** Settings of a config by the names that they have now. */
export function currentSettings(given: unknown): unknown {
  if (typeof given !== "object" || given === null || !("gate" in given)) return given;
  const { gate, ...others } = given as { readonly gate: { readonly name?: unknown } | null };
  const word = gate?.name === "topics" ? "auto" : gate?.name;
  return word === undefined ? others : { fit: { name: word }, ...others };
}
