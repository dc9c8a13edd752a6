import assert from "node:assert/strict";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import { testEngine } from "../../engine/harness.ts";
import fixture from "./multilingual_e5.json" with { type: "json" };
import { realEncoder } from "./real_encoders.ts";

const folder = realEncoder("multilingual-e5-small");
/** The first 24 texts are six sentences in each of these languages, in turn. */
const languages = ["en", "hi", "ta", "bn"], sentences = 6;

Deno.test(
  "multilingual-e5-small: rows are those of PyTorch, and translations are nearest (skipped without the model in the cache)",
  { ignore: !folder },
  async () => {
    const engine = await testEngine();
    const encoder = await SentenceEncoder.open(engine, folder!, { normalize: false });
    const texts = fixture.texts.map(({ text }) => `query: ${text}`), rows = await encoder.encode(texts);
    fixture.texts.forEach(({ ids, norm, row: expected }, i) => {
      assert.deepEqual(encoder.tokenize(texts[i]!), ids);
      const found = rowOf(i), most = Math.max(...expected.map(Math.abs));
      assert.ok(Math.abs(Math.hypot(...found) / norm - 1) < 1e-4);
      expected.forEach((value, j) => {
        const error = Math.abs(found[16 * j]! - value);
        assert.ok(error <= 1e-3 * Math.abs(value) + 1e-4 * most, `${texts[i]}, ${16 * j}: off by ${error}`);
      });
    });
    const at = (sentence: number, language: number) => rowOf(sentence * languages.length + language);
    for (let language = 1; language < languages.length; language++) {
      for (let sentence = 0; sentence < sentences; sentence++) {
        const cosines = Array.from({ length: sentences }, (_, other) => cosine(at(sentence, 0), at(other, language)));
        assert.equal(cosines.indexOf(Math.max(...cosines)), sentence, languages[language]);
      }
    }
    encoder.dispose();
    await engine[Symbol.asyncDispose]();

    function rowOf(i: number): Float32Array {
      return rows.subarray(i * encoder.width, (i + 1) * encoder.width);
    }
  },
);

function cosine(x: Float32Array, y: Float32Array): number {
  return x.reduce((sum, value, i) => sum + value * y[i]!, 0) / Math.hypot(...x) / Math.hypot(...y);
}
