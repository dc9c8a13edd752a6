import assert from "node:assert/strict";
import { recordLanguages } from "../../../data/texts/record_languages.ts";
import type { MetricRecord } from "../../../data/records.ts";
import { scriptNames, scriptOf } from "../../../data/texts/scripts.ts";
import { Philox } from "../../../kernels/philox.ts";

const record = (response: string): MetricRecord => ({
  metric: "m",
  systemPrompt: null,
  userPrompt: "",
  response,
  score: null,
  extra: {},
});

Deno.test("scripts: a text is in the script of most of its letters", () => {
  const texts = [
    ["Where is the station?", "Latin"],
    ["Где находится вокзал?", "Cyrillic"],
    ["स्टेशन कहाँ है?", "Devanagari"],
    ["நிலையம் எங்கே?", "Tamil"],
    ["স্টেশন কোথায়?", "Bengali"],
    ["駅はどこですか", "Japanese"],
    ["エキ", "Japanese"],
    ["车站在哪里", "Han"],
    ["역은 어디에 있습니까", "Hangul"],
    ["OK, स्टेशन वहाँ है", "Devanagari"],
    ["The word नमस्ते means hello", "Latin"],
    ["ᚠᚢᚦᚨᚱᚲ", "other"],
    ["12 + 30 = 42 !", "none"],
    ["", "none"],
  ] as const;
  for (const [text, script] of texts) assert.equal(scriptOf(text), script, text);
});

Deno.test("scripts: letters are those of Unicode's script, beyond the first 65,536 code points too", () => {
  const random = new Philox(9),
    points = Array.from({ length: 2000 }, (_, i) => random.integer(i % 2 ? 0x30000 : 0x3000));
  for (const letter of points.map((point) => String.fromCodePoint(point))) {
    const own = scriptNames.find((name) => new RegExp(`^\\p{Script=${name}}$`, "u").test(letter));
    const named = own === "Hiragana" || own === "Katakana" ? "Japanese" : own ?? "other";
    const expected = /^\p{L}$/u.test(letter) ? named : "none";
    assert.equal(scriptOf(`${letter}. ${letter}`), expected, letter.codePointAt(0)!.toString(16));
  }
});

Deno.test("record languages: a script alone names a language, two languages of a script are told apart by words", () => {
  const random = new Philox(3);
  const languages = [["the", "of", "and", "to", "is"], ["der", "und", "die", "ist", "das"]];
  const records = Array.from({ length: 300 }, (_, i) => {
    if (i % 3 === 2) return record("स्टेशन कहाँ है");
    const words = Array.from({ length: 12 }, () => languages[i % 3]![random.integer(5)]!);
    return record([...words, `name${random.integer(20)}`].join(" "));
  });
  const { scripts, languages: found } = recordLanguages(records);
  assert.deepEqual(scripts.slice(0, 3), ["Latin", "Latin", "Devanagari"]);
  assert.match(found[0]!, /^Latin \((the|of|and|to|is), (the|of|and|to|is), (the|of|and|to|is)\)$/);
  assert.match(found[1]!, /^Latin \((der|und|die|ist|das), /);
  found.forEach((language, i) => assert.equal(language, found[i % 3], `record ${i}`));
  assert.equal(found[2], "Devanagari");
  assert.deepEqual(recordLanguages(records.slice(0, 30)).languages, scripts.slice(0, 30), "too few to tell");
});
