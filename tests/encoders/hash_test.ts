import assert from "node:assert/strict";
import { HashEncoder } from "../../encoders/hash.ts";
import { words } from "../../data/texts/text_features.ts";

const cosine = (rows: Float32Array, a: number, b: number, width = 768) => {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += rows[a * width + i]! * rows[b * width + i]!;
  return sum;
};

/** A text, another way to say it, and a text about something else. */
const texts = {
  English: [
    "Please translate this poem into French.",
    "Translate the poem into French, please!",
    "The tyre is flat again.",
  ],
  Hindi: ["कृपया इस कविता का अनुवाद करें।", "इस कविता का अनुवाद कृपया करें", "गाड़ी का पहिया फिर खराब है।"],
  Tamil: ["இந்தக் கவிதையை மொழிபெயர்க்கவும்.", "கவிதையை மொழிபெயர்க்கவும்", "வண்டியின் சக்கரம் மீண்டும் பழுதானது."],
  Bengali: ["এই কবিতাটি অনুবাদ করুন।", "কবিতাটি অনুবাদ করুন", "গাড়ির চাকা আবার নষ্ট।"],
  Nepali: ["यो कविता अनुवाद गर्नुहोस्।", "कविता अनुवाद गर्नुहोस्", "गाडीको पाङ्ग्रा फेरि बिग्रियो।"],
};

function fitted(): HashEncoder {
  const encoder = new HashEncoder();
  encoder.fit(Object.values(texts).flat());
  return encoder;
}

for (const [language, [text, near, far]] of Object.entries(texts)) {
  Deno.test(`hash encoder: another way to say it is closer than another matter, in ${language}`, async () => {
    const rows = await fitted().encode([text!, near!, far!]);
    assert.ok(cosine(rows, 0, 1) > cosine(rows, 0, 2) + 0.2, `${cosine(rows, 0, 1)} and ${cosine(rows, 0, 2)}`);
  });
}

Deno.test("hash encoder: rows have length 1, and no row for no words", async () => {
  const rows = await fitted().encode(["one two", "", " ...!? ", "ภาษาไทยไม่มีช่องว่าง", "日本語の文章です", "😀"]);
  const lengths = [0, 1, 2, 3, 4, 5].map((row) => cosine(rows, row, row));
  for (const row of [0, 3, 4]) assert.ok(Math.abs(lengths[row]! - 1) < 1e-6);
  for (const row of [1, 2]) assert.equal(lengths[row], 0);
  assert.ok(Number.isFinite(lengths[5]));
});

Deno.test("hash encoder: width and case of letters change nothing", async () => {
  const rows = await fitted().encode(["The CAT sat.", "ｔｈｅ ｃａｔ ｓａｔ", "the dog sat"]);
  assert.deepEqual(rows.subarray(0, 768), rows.subarray(768, 1536));
  assert.notDeepEqual(rows.subarray(0, 768), rows.subarray(1536));
});

Deno.test("hash encoder: fitting again forgets the texts before, and the state stays below a megabyte", async () => {
  const again = fitted(), once = new HashEncoder();
  for (const encoder of [again, once]) encoder.fit(["one two", "two three"]);
  assert.deepEqual(await again.encode(["one two three"]), await once.encode(["one two three"]));
  const bytes = [...once.state().values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  assert.ok(bytes < 1e6, `${bytes} bytes`);
});

Deno.test("hash encoder: words are found in every script, forms and case folded", () => {
  assert.deepEqual(words("The ＣＡＴ, isn't  it?"), ["the", "cat", "isn't", "it"]);
  assert.deepEqual(words("कविता का अनुवाद।"), ["कविता", "का", "अनुवाद"]);
  assert.ok(words("日本語の文章です").length > 1);
});

Deno.test("hash encoder: idf is what the fitted texts say, and goes through the state", async () => {
  const texts = ["common word", "common thing", "common rare"];
  const encoder = new HashEncoder();
  encoder.fit(texts);
  const before = await encoder.encode(["common rare", "common", "rare"]);
  assert.ok(cosine(before, 0, 2) > cosine(before, 0, 1), "the rare word weighs more");
  const again = HashEncoder.fromState(encoder.state());
  assert.deepEqual(await again.encode(["common rare", "common", "rare"]), before);
  assert.notDeepEqual(await new HashEncoder().encode(["common rare", "common", "rare"]), before);
  assert.throws(() => HashEncoder.fromState(new Map()), /"dimension" of 1 float32 numbers is expected/);
});

Deno.test("hash encoder: the same numbers on every machine", async () => {
  const encoder = new HashEncoder(4);
  encoder.fit(["a b", "b c"]);
  const rows = await encoder.encode(["a b c"]);
  assert.deepEqual(Array.from(rows, (value) => Number(value.toFixed(6))), [0.512253, 0, -0.607288, -0.607288]);
});
