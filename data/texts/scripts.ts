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

const letters = scriptNames.map((name) => [name, new RegExp(`(?=\\p{L})\\p{Script=${name}}`, "gu")] as const);
const anyLetter = /\p{L}/gu;

/** The script of most letters of a text, the first in `scriptNames` of equals; "none" where it has no letters. */
export function scriptOf(text: string): Script {
  let left = count(text, anyLetter), most = 0, found: Script = "none";
  const take = (script: Script, letters: number) => {
    if (letters > most) [most, found] = [letters, script];
  };
  let kana = 0;
  for (const [name, pattern] of letters) {
    if (left <= 0) break;
    const own = count(text, pattern);
    left -= own;
    if (name === "Hiragana" || name === "Katakana") kana += own;
    else if (name === "Han" && kana > 0) take("Japanese", own + kana);
    else take(name, own);
  }
  take("Japanese", kana);
  take("other", left);
  return found;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
