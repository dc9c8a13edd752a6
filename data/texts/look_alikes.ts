/** A way in which names that look alike may differ, and what undoes it. */
interface Difference {
  readonly name: string;
  readonly undo: (text: string) => string;
}

/** Letters, each followed by the Latin one that it looks like. */
const letterPairs = {
  cyrillic: "АAВBЕEКKМMНHОOРPСCТTУYХXЅSІIЈJԚQԜWҮYѴVаaеeкkоoрpсcуyхxѕsіiјjԁdһhԛqԝwүyѵvӏl",
  greek: "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXαaγyιiκkνvοoρpυuχxϲcϳj",
  armenian: "ՕOՍUօoսuհhցgոn",
  latin: "ıiɑaɡgɩi",
};
const latin = new Map(
  Object.values(letterPairs).flatMap((pairs) => pairs.match(/../gsu)!.map((pair) => [...pair] as [string, string])),
);

const differences: readonly Difference[] = [
  { name: "spaces", undo: (text) => text.trim().replace(/\s+/g, " ") },
  { name: "compatibility characters", undo: (text) => text.normalize("NFKC") },
  {
    name: "invisible characters",
    undo: (text) => text.replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}]|(?!\s)\p{Cc}/gu, ""),
  },
  {
    name: "dashes or quotes",
    undo: (text) => text.replace(/[\p{Pd}\u2212]/gu, "-").replace(/[\u2018\u2019\u02bc\u2032`´]/g, "'"),
  },
  { name: "look-alike letters", undo: (text) => text.replace(/./gsu, (letter) => latin.get(letter) ?? letter) },
  { name: "letter case", undo: (text) => text.toLowerCase() },
];

/** A name without what cannot be seen of it: names that look the same have the same appearance. */
export function appearance(name: string, some: readonly Difference[] = differences): string {
  // Composed at both ends: what is undone may have stood between a letter and its accent.
  return some.reduce((text, { undo }) => undo(text), name.normalize("NFC")).normalize("NFC");
}

/**
 * Says by which code points a name differs from another that looks the same, to stand behind the other one in a message;
 * "" where they do not look the same, or differ in letter case alone.
 */
export function explainLookAlike(name: string, other: string): string {
  if (name.toLowerCase() === other.toLowerCase() || appearance(name) !== appearance(other)) return "";
  const [here, there] = differingParts([...name], [...other]);
  return `, which looks the same but has ${codePoints(there)} instead of ${codePoints(here)} ` +
    `(${kindsOf(name, other)})`;
}

function kindsOf(name: string, other: string): string {
  if (name.normalize("NFC") === other.normalize("NFC")) {
    return `another normalisation form, ${formOf(other)} instead of ${formOf(name)}`;
  }
  const needed = differences.filter((kind) => {
    const others = differences.filter((one) => one !== kind);
    return appearance(name, others) !== appearance(other, others);
  });
  // Some kinds can do for each other: a no-break space is a space, and a compatibility character too.
  const enough = differences.find((one) => appearance(name, [one]) === appearance(other, [one]));
  return (needed.length > 0 ? needed : [enough]).map((kind) => kind?.name ?? "several ways of writing").join(", ");
}

function formOf(name: string): string {
  return (["NFC", "NFD"] as const).find((form) => name.normalize(form) === name) ?? "a mixed one";
}

/** What is left of both without their common beginning and end. */
function differingParts(a: readonly string[], b: readonly string[]): [readonly string[], readonly string[]] {
  const shorter = Math.min(a.length, b.length);
  let from = 0, behind = 0;
  while (from < shorter && a[from] === b[from]) from++;
  while (behind < shorter - from && a.at(-1 - behind) === b.at(-1 - behind)) behind++;
  return [a.slice(from, a.length - behind), b.slice(from, b.length - behind)];
}

const mostCodePoints = 6;

/** "U+0065 U+0301"; "nothing" for none. */
function codePoints(part: readonly string[]): string {
  const shown = part.slice(0, mostCodePoints).map((character) =>
    `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`
  );
  if (part.length > mostCodePoints) shown.push("…");
  return shown.join(" ") || "nothing";
}
