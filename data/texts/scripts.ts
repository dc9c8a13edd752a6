/** Scripts that texts are told apart by, under their Unicode names. */
export const scriptNames = [
  "Latin",
  "Cyrillic",
  "Greek",
  "Armenian",
  "Georgian",
  "Hebrew",
  "Arabic",
  "Devanagari",
  "Bengali",
  "Gurmukhi",
  "Gujarati",
  "Oriya",
  "Tamil",
  "Telugu",
  "Kannada",
  "Malayalam",
  "Sinhala",
  "Thai",
  "Lao",
  "Khmer",
  "Myanmar",
  "Tibetan",
  "Ethiopic",
  "Hangul",
  "Hiragana",
  "Katakana",
  "Han",
  "Ol_Chiki",
  "Meetei_Mayek",
] as const;

/** What the letters of a text are written in: "Japanese" stands for kana with or without Han, "other" for any script not named. */
export type Script = Exclude<(typeof scriptNames)[number], "Hiragana" | "Katakana"> | "Japanese" | "other" | "none";

/** All that `scriptOf` may say. */
export const scripts: readonly Script[] = [
  ...scriptNames.filter((name) => name !== "Hiragana" && name !== "Katakana"),
  "Japanese",
  "other",
  "none",
];

/** Classes of code points: a script by its number, or one of these. */
const otherLetter = scriptNames.length, noLetter = otherLetter + 1, unknown = noLetter + 1;

const isLetter = /^\p{L}/u, patterns = scriptNames.map((name) => new RegExp(`^\\p{Script=${name}}`, "u"));

/** The class of each code point that was met, the others unknown. */
const classes = new Uint8Array(0x110000).fill(unknown);

function classOf(point: number): number {
  const known = classes[point]!;
  if (known !== unknown) return known;
  const letter = String.fromCodePoint(point), script = patterns.findIndex((pattern) => pattern.test(letter));
  return classes[point] = !isLetter.test(letter) ? noLetter : script < 0 ? otherLetter : script;
}

/** The script of most letters of a text, the first in `scriptNames` of equals; "none" where it has no letters. */
export function scriptOf(text: string): Script {
  const counts = new Uint32Array(unknown);
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!;
    if (point > 0xffff) i++;
    counts[classOf(point)]!++;
  }
  let most = 0, found: Script = "none", kana = 0;
  const take = (script: Script, letters: number) => {
    if (letters > most) [most, found] = [letters, script];
  };
  scriptNames.forEach((name, script) => {
    const own = counts[script]!;
    if (name === "Hiragana" || name === "Katakana") kana += own;
    else if (name === "Han" && kana > 0) take("Japanese", own + kana);
    else take(name, own);
  });
  take("Japanese", kana);
  take("other", counts[otherLetter]!);
  return found;
}
