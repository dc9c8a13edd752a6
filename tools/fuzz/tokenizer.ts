import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { TextTokenizer } from "../../encoders/tokenizer/text_tokenizer.ts";
import { byteLevelTokenizer, byteLevelVocabulary } from "../../tests/encoders/network/byte_level.ts";
import { vocabularyOf, writeTinyEncoder } from "../../tests/encoders/network/tiny_encoder.ts";
import { change, edits, text } from "./bytes.ts";
import { changeJson, jsonChanges } from "./json_changes.ts";
import { attempt } from "./outcome.ts";
import { targetOf } from "./target.ts";

/** What has the tokenizers that are changed: WordPiece, Unigram and byte-level BPE. */
const families = ["bert", "xlm-roberta", "byte level"] as const;

/** The longest that a text may become. */
const most = 32;

/** Files of tokenizers. */
export const tokenizer = targetOf({
  name: "tokenizer",
  testShare: 0.5,
  inputs: fc.record({
    example: fc.constantFrom(...families),
    changes: jsonChanges,
    edits: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: edits }),
    texts: fc.array(text, { maxLength: 3 }),
  }),
  async check({ example, changes, edits, texts }, folder) {
    const { json, vocabulary } = await tokenizerOf(example, folder), path = join(folder, "tokenizer.json");
    Deno.writeFileSync(path, change(new TextEncoder().encode(JSON.stringify(changeJson(json, changes))), edits));
    const found = await attempt(async () => {
      const tokenizer = await TextTokenizer.open(folder, { vocabulary });
      return texts.concat("the answer is short").map((text) => tokenizer.encode(text, Math.max(most, tokenizer.least)));
    }, [path]);
    assert.ok(changes.length + edits.length > 0 || "value" in found, Deno.inspect(found));
    for (const ids of "value" in found ? found.value : []) {
      const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
      assert.equal(wrong, undefined, "a token that the encoder has no row for");
    }
  },
});

const known = new Map<string, { readonly json: unknown; readonly vocabulary: number }>();

/** A tokenizer, and the size of its vocabulary. */
async function tokenizerOf(family: (typeof families)[number], folder: string) {
  if (family === "byte level") return { json: byteLevelTokenizer(), vocabulary: byteLevelVocabulary };
  const before = known.get(family);
  if (before) return before;
  await writeTinyEncoder(folder, family);
  const json: unknown = JSON.parse(await Deno.readTextFile(join(folder, "tokenizer.json")));
  const found = { json, vocabulary: vocabularyOf(family) };
  known.set(family, found);
  return found;
}
