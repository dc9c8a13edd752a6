import { words } from "./text_features.ts";
import { Languages } from "./languages.ts";
import { combineTextFields, type MetricRecord } from "../records.ts";
import { scriptOf } from "./scripts.ts";

/** What the texts of records are written in, by record. */
export interface RecordLanguages {
  /** The script of most letters. */
  readonly scripts: readonly string[];
  /** Script and, where a script is used by several languages, the words that tell each: "Latin (the, of, and)". */
  readonly languages: readonly string[];
}

/** A word has to be in so many records to be counted. */
const leastRecords = 2;
/** Records of a script below which no languages are looked for. */
const leastTexts = 100;
/** Words that a language is named by. */
const namingWords = 3;

/**
 * Finds script and language of each record by all of its texts. Languages are found among the records themselves, by the
 * words that go together, so they have no names, and one that has few records is counted with another of its script.
 */
export function recordLanguages(records: readonly MetricRecord[]): RecordLanguages {
  const texts = records.map(combineTextFields), scripts = texts.map(scriptOf);
  const languages: string[] = [...scripts];
  for (const [script, rows] of Map.groupBy(texts.keys(), (row) => scripts[row]!)) {
    if (rows.length < leastTexts) continue;
    const { numbers, names } = wordNumbers(rows.map((row) => texts[row]!));
    const found = new Languages(numbers, names.length);
    if (found.count === 1) continue;
    const language = numbers.map((one) => found.of(one));
    const label = labels(numbers, language, names, found.count);
    rows.forEach((row, i) => languages[row] = `${script} (${label[language[i]!]!})`);
  }
  return { scripts, languages };
}

/** The different words of each text as numbers, those that stand in several texts. */
function wordNumbers(texts: readonly string[]): { numbers: number[][]; names: string[] } {
  const sets = texts.map((text) => [...new Set(words(text))]);
  const frequency = new Map<string, number>();
  for (const word of sets.flat()) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const names = [...frequency].filter(([, count]) => count >= leastRecords).map(([word]) => word);
  const number = new Map(names.map((word, i) => [word, i]));
  return { numbers: sets.map((set) => set.flatMap((word) => number.get(word) ?? [])), names };
}

/** Of each language the words that are frequent in it and rare elsewhere. */
function labels(
  texts: readonly (readonly number[])[],
  language: readonly number[],
  names: readonly string[],
  languages: number,
): string[] {
  const counts = Array.from({ length: languages }, () => new Float64Array(names.length));
  texts.forEach((text, i) => text.forEach((word) => counts[language[i]!]![word]!++));
  return counts.map((own) => {
    const tells = names.map((_, word) => own[word]! ** 2 / counts.reduce((sum, each) => sum + each[word]!, 0));
    const order = [...tells.keys()].sort((a, b) => tells[b]! - tells[a]! || a - b);
    return order.slice(0, namingWords).map((word) => names[word]).join(", ");
  });
}
