import assert from "node:assert/strict";
import { join } from "node:path";
import { readTokenizerSettings } from "../../../encoders/model_folder/tokenizer_settings.ts";
import { TextTokenizer } from "../../../encoders/tokenizer/text_tokenizer.ts";
import { put, withFolder } from "../../temporary.ts";
import { byteLevelTokenizer, byteLevelVocabulary } from "./byte_level.ts";
import { type Family, vocabularyOf, writeTinyEncoder } from "./tiny_encoder.ts";

async function open(folder: string, family: Family): Promise<TextTokenizer> {
  await writeTinyEncoder(folder, family);
  return await TextTokenizer.open(folder, { vocabulary: vocabularyOf(family) });
}

Deno.test(
  "text tokenizer: texts are cut behind their own tokens, so that the last token ends them, and never filled up",
  withFolder(async (folder) => {
    for (const [family, first, last] of [["bert", 2, 3], ["xlm-roberta", 0, 2]] as const) {
      const tokenizer = await open(folder, family);
      const long = tokenizer.encode("the answer is short ".repeat(100), 1000);
      for (const most of [tokenizer.least, 7, 12]) {
        const ids = tokenizer.encode("the answer is short ".repeat(100), most);
        assert.deepEqual(ids, [first, ...long.slice(1, most - 1), last]);
      }
      assert.deepEqual(tokenizer.encode("", 12), [first, last]);
      assert.equal(tokenizer.least, 3);
    }
  }),
);

Deno.test(
  "text tokenizer: BERT's classes take letter case and accents, and all the side that is cut, from tokenizer_config.json",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    const idsOf = async (config: object, text: string, most = 20) => {
      await put(folder, "tokenizer_config.json", JSON.stringify(config));
      const settings = { tokenizer: await readTokenizerSettings(folder) };
      const tokenizer = await TextTokenizer.open(folder, { vocabulary: vocabularyOf("bert") }, settings);
      return { ids: tokenizer.encode(text, most), changes: tokenizer.changes };
    };
    // Ids as transformers 5.24 gives them.
    const lower = { ids: [2, 5, 16, 7, 3], changes: null };
    for (const name of ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizerFast", "PreTrainedTokenizerFast"]) {
      assert.deepEqual(await idsOf({ tokenizer_class: name }, "The Á is"), lower, name);
      const cased = await idsOf({ tokenizer_class: name, do_lower_case: false }, "The Á is");
      const isBert = name !== "PreTrainedTokenizerFast";
      assert.deepEqual(cased, isBert ? { ids: [2, 1, 1, 7, 3], changes: { lowercase: false } } : lower, name);
    }
    const accents = await idsOf({ tokenizer_class: "BertTokenizer", strip_accents: false }, "The Á is");
    assert.deepEqual(accents.ids, [2, 5, 1, 7, 3]);
    const left = await idsOf({ truncation_side: "left" }, `${"the ".repeat(2000)}answer is short`, 5);
    assert.deepEqual(left, { ids: [2, 6, 7, 8, 3], changes: { truncation_side: "left" } });
    await assert.rejects(idsOf({ truncation_side: "top" }, ""), /"truncation_side" is "top"; "left" or "right" is/);
  }),
);

Deno.test(
  "text tokenizer: the tokens of a text's beginning do not depend on how long the text is",
  withFolder(async (folder) => {
    // A word that stands where 40 tokens of 16 characters end.
    const words = `${"z".repeat(16)} `.repeat(37) + " ".repeat(8) + "answer the", bert = await open(folder, "bert");
    assert.deepEqual(bert.encode(words, 40), [...bert.encode(words, 100).slice(0, 39), 3]);
    for (const family of ["bert", "xlm-roberta"] as const) {
      const tokenizer = await open(folder, family), text = "the  answeris ab shorts மஸ்क்कக 🙂 ".repeat(300);
      const all = tokenizer.encode(text, 6000), cut = tokenizer.encode(text, 40);
      assert.deepEqual(cut, [...all.slice(0, 39), all.at(-1)!]);
    }
  }),
);

Deno.test(
  "text tokenizer: a mebibyte of anything gives tokens of the vocabulary",
  withFolder(async (folder) => {
    const size = 1 << 20;
    for (const family of ["bert", "xlm-roberta"] as const) {
      const tokenizer = await open(folder, family);
      for (const part of ["a", " \n", "\0", "\ud800", "क", "a\u0301", "\u0301", "👩‍🔬", "the "]) {
        const ids = tokenizer.encode(part.repeat(size / part.length), 256);
        assert.ok(ids.length >= 2 && ids.length <= 256, JSON.stringify(part));
        assert.ok(ids.every((id) => Number.isInteger(id) && id < vocabularyOf(family)), JSON.stringify(part));
      }
    }
  }),
);

Deno.test(
  "text tokenizer: half a surrogate pair is what U+FFFD is, and NUL characters do no harm",
  withFolder(async (folder) => {
    for (const family of ["bert", "xlm-roberta"] as const) {
      const tokenizer = await open(folder, family);
      assert.deepEqual(tokenizer.encode("a \ud800 b \udc00", 20), tokenizer.encode("a \ufffd b \ufffd", 20));
      assert.ok(tokenizer.encode("the \0 answer", 20).length >= 4);
    }
  }),
);

/** Ids that Python's tokenizers 0.23.3 gives. */
const byteLevelIds: readonly (readonly [text: string, ids: readonly number[]])[] = [
  ["", [0, 2]],
  ["hello", [0, 268, 2]],
  ["the thing, the  a", [0, 261, 36, 120, 108, 265, 48, 262, 36, 263, 2]],
  ["don't sing", [0, 104, 115, 114, 269, 36, 119, 265, 2]],
  ["   the", [0, 273, 262, 2]],
  ["a\nb\t c ", [0, 101, 14, 102, 13, 36, 103, 36, 2]],
  ["12345 ½", [0, 53, 54, 55, 56, 57, 36, 198, 193, 2]],
  ["नमस्ते", [0, 270, 172, 270, 178, 270, 188, 228, 169, 145, 270, 168, 228, 169, 139, 2]],
  ["மழை", [0, 228, 178, 178, 228, 178, 184, 228, 179, 140, 2]],
  ["😀 é e\u0301", [0, 272, 156, 132, 36, 199, 173, 36, 105, 208, 133, 2]],
  ["\0\ufffd", [0, 4, 243, 195, 193, 2]],
  ["hello <mask> the", [0, 268, 274, 262, 2]],
  ["</s>hello", [0, 2, 268, 2]],
];

Deno.test(
  "text tokenizer: byte-level BPE, as RoBERTa has it, gives the ids that Python's tokenizers gives",
  withFolder(async (folder) => {
    await put(folder, "tokenizer.json", JSON.stringify(byteLevelTokenizer()));
    const tokenizer = await TextTokenizer.open(folder, { vocabulary: byteLevelVocabulary });
    for (const [text, ids] of byteLevelIds) {
      assert.deepEqual(tokenizer.encode(text, 512), ids, JSON.stringify(text));
      if (ids.length > 3) assert.deepEqual(tokenizer.encode(text, 3), [...ids.slice(0, 2), 2], JSON.stringify(text));
    }
  }),
);

Deno.test(
  "text tokenizer: a file that is no tokenizer or does not fit the vocabulary is refused in words",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    await assert.rejects(() => TextTokenizer.open(folder, { vocabulary: 10 }), {
      name: "DataError",
      message: `${folder}/tokenizer.json gives "मस्ते" the number 10, but config.json has a vocab_size of 10.`,
    });
    const json = JSON.parse(await Deno.readTextFile(join(folder, "tokenizer.json")));
    for (
      const [content, id] of [["<x>", 5000], ["<y>", -1], ["<z>", 2.5]] as const
    ) {
      json.added_tokens = [...json.added_tokens.slice(0, 5), { content, id, special: true }];
      await put(folder, "tokenizer.json", JSON.stringify(json));
      await assert.rejects(() => TextTokenizer.open(folder, { vocabulary: vocabularyOf("bert") }), {
        name: "DataError",
        message:
          `${folder}/tokenizer.json gives "${content}" the number ${id}, but config.json has a vocab_size of 22.`,
      });
    }
    for (
      const [content, message] of [
        ["{", /is no JSON file; the tokenizer of an encoder is expected/],
        ["[]", /holds no JSON object; the tokenizer of an encoder is expected/],
        ["{}", /is no tokenizer that can be used: /],
        ['{"model": {"type": "Novel"}}', /is no tokenizer that can be used: the model "Novel" is not known\.$/],
        [
          '{"model": {"type": "WordLevel", "vocab": {}}, "normalizer": {"type": "toString"}}',
          /is no tokenizer that can be used: the normalizer "toString" is not known\.$/,
        ],
        [
          '{"model": {"type": "WordLevel", "vocab": {}}, "pre_tokenizer": {"type": "UnicodeScripts"}}',
          /is no tokenizer that can be used: the pre-tokenizer "UnicodeScripts" is not known\.$/,
        ],
      ] as const
    ) {
      await put(folder, "tokenizer.json", content);
      await assert.rejects(() => TextTokenizer.open(folder, { vocabulary: 100 }), { name: "DataError", message });
    }
  }),
);
