import { DataError } from "../../kernels/errors.ts";
import type { Kind, Language, Template, World } from "./world.ts";

/** A sentence read back: its language and kind, and every way its slots can be filled to give this text. */
export interface ParsedSentence {
  readonly language: number;
  readonly kind: Kind;
  /** Word indices of the slots; most sentences have one reading, "X and Y" words can give more. */
  readonly readings: readonly (readonly number[])[];
}

/** The sentences of a text. */
export const splitSentences = (text: string) => text.split(/(?<=[.?!।])\s+/u);

/** Reads sentences back into template and words, by templates and vocabulary alone. */
export class SentenceParser {
  readonly #languages: { language: Language; index: ReadonlyMap<string, number> }[];

  constructor(world: World) {
    this.#languages = world.languages.map((language) => ({
      language,
      index: new Map(language.words.map((word, i) => [word, i])),
    }));
  }

  /** @throws DataError for a sentence that no template makes, or that reads as two kinds or languages */
  parse(sentence: string): ParsedSentence {
    let found: { language: number; kind: Kind; readings: number[][] } | undefined;
    this.#languages.forEach(({ language, index }, number) => {
      for (const [kind, templates] of Object.entries(language.templates) as [Kind, Template[]][]) {
        for (const template of templates) {
          const readings = fillings(sentence, template, index);
          if (readings.length === 0) continue;
          found ??= { language: number, kind, readings: [] };
          if (found.language !== number || found.kind !== kind) {
            throw new DataError(`"${sentence}" reads as ${found.kind} and as ${kind} in ${language.name}.`);
          }
          found.readings.push(...readings);
        }
      }
    });
    if (!found) throw new DataError(`"${sentence}" is not a sentence of the sample set.`);
    return found;
  }
}

/** Every way to fill the template's slots with known words so that it gives the sentence. */
function fillings(sentence: string, template: Template, index: ReadonlyMap<string, number>): number[][] {
  const last = template.length - 1;
  if (last === 0) return sentence === template[0] ? [[]] : [];
  if (!sentence.startsWith(template[0]!) || !sentence.endsWith(template[last]!)) return [];
  const end = sentence.length - template[last]!.length;
  const result: number[][] = [];
  const fill = (from: number, slot: number, words: number[]) => {
    if (slot === last) {
      const word = index.get(sentence.slice(from, end));
      if (word !== undefined) result.push([...words, word]);
      return;
    }
    const literal = template[slot]!;
    for (let at = sentence.indexOf(literal, from); at >= 0; at = sentence.indexOf(literal, at + 1)) {
      const word = index.get(sentence.slice(from, at));
      if (word !== undefined) fill(at + literal.length, slot + 1, [...words, word]);
    }
  };
  fill(template[0]!.length, 1, []);
  return result;
}
