import assert from "node:assert/strict";
import { TextTokenizer } from "../../../encoders/tokenizer/text_tokenizer.ts";
import { put, withFolder } from "../../temporary.ts";
import golden from "./golden.json" with { type: "json" };

const { strings, special, cases } = golden, alphabet = [...golden.alphabet];
const vocabulary = [...special, ...alphabet, ...alphabet.map((character) => `##${character}`)];
const numbers = Object.fromEntries(vocabulary.map((token, id) => [token, id]));

function modelOf(type: string): object {
  if (type === "Unigram") return { type, unk_id: 0, vocab: vocabulary.map((token) => [token, -1]) };
  return { type, unk_token: "<unk>", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab: numbers };
}

Deno.test(
  "tokenizer: odd strings in 30 scripts have the ids of Python's tokenizers, whatever prepares them",
  withFolder(async (folder) => {
    for (const { name, model, ids, ...parts } of cases) {
      await put(folder, "tokenizer.json", JSON.stringify({ ...parts, post_processor: null, model: modelOf(model) }));
      const tokenizer = await TextTokenizer.open(folder, { vocabulary: vocabulary.length });
      for (const [i, text] of strings.entries()) {
        assert.deepEqual(tokenizer.encode(text, 1000), ids[i], `${name}: ${JSON.stringify(text)}`);
      }
    }
  }),
);
