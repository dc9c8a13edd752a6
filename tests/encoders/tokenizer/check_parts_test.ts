import assert from "node:assert/strict";
import { checkParts } from "../../../encoders/tokenizer/check_parts.ts";
import { byteLevelTokenizer } from "../network/byte_level.ts";

const whole = byteLevelTokenizer() as Readonly<Record<"model" | "post_processor", Readonly<Record<string, unknown>>>>;
const template = {
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  special_tokens: { "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] } },
};

const refused: [message: string, change: Readonly<Record<string, unknown>>][] = [
  ["model is missing, and an object is expected", { model: undefined }],
  ["model.vocab is an object, and an object of numbers is expected", { model: { ...whole.model, vocab: { a: "0" } } }],
  ["model.merges is a list, and a list of pairs of pieces is expected", { model: { ...whole.model, merges: ["ab"] } }],
  ["added_tokens[0] is null, and an object is expected", { added_tokens: [null] }],
  ["added_tokens[0].content is missing, and text is expected", { added_tokens: [{ id: 0 }] }],
  ["added_tokens[0].id is missing, and a number is expected", { added_tokens: [{ content: "<w>" }] }],
  ["normalizer.normalizers[0].content is 5, and text is expected", {
    normalizer: { type: "Sequence", normalizers: [{ type: "Replace", pattern: { String: "a" }, content: 5 }] },
  }],
  ['normalizer.pattern is "a", and a String or a Regex is expected', {
    normalizer: { type: "Replace", pattern: "a", content: "" },
  }],
  ['pre_tokenizer.prepend_scheme is "last", and always, first, never or null is expected', {
    pre_tokenizer: { type: "Metaspace", prepend_scheme: "last" },
  }],
  ["pre_tokenizer.use_regex is 1, and true, false or null is expected", {
    pre_tokenizer: { type: "ByteLevel", use_regex: 1 },
  }],
  ["post_processor.cls is a list, and a token and its number is expected", {
    post_processor: { ...whole.post_processor, cls: ["<s>", "0"] },
  }],
  [
    "post_processor.single is a list, and a list of special tokens that special_tokens has, and one sequence is expected",
    {
      post_processor: { ...template, special_tokens: {} },
    },
  ],
];
for (const [message, change] of refused) {
  Deno.test(`tokenizer parts: ${message}`, () => {
    assert.throws(() => checkParts({ ...whole, ...change }), { name: "MetrogradError", message });
  });
}

Deno.test("tokenizer parts: whole ones are taken, and older models that do not name their type", () => {
  checkParts(whole);
  checkParts({ ...whole, post_processor: template, added_tokens: null, normalizer: null });
  checkParts({ model: { vocab: { a: 0 }, unk_token: "a" } });
  checkParts({ model: { vocab: [["a", -1]], unk_id: 0 } });
  checkParts({ model: { vocab: { a: 0 }, unk_token: "a", continuing_subword_prefix: "##" } });
});
