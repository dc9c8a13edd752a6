import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import { testEngine } from "../../engine/harness.ts";
import { realEncoder } from "./real_encoders.ts";

const folder = realEncoder("all-MiniLM-L6-v2");
const config = fileURLToPath(new URL("../../../encoders/transformers_js/deno.json", import.meta.url));
const installed = await Deno.stat(config.replace(/deno\.json$/, "node_modules")).then(() => true, () => false);

Deno.test({
  name: "transformers.js: a real model in 8 bits gives nearly the vectors of its exact weights on the engine" +
    (folder && installed ? "" : " (skipped without the model in the cache, or before deno task onnx was called)"),
  ignore: !folder || !installed,
  async fn() {
    // The last one is longer than is read.
    const texts = ["The cat sat.", "नमस्ते दुनिया", "a\0b 😀", "Well, now. ".repeat(300)];
    const program = fileURLToPath(new URL("./programs/encode_with_transformers.ts", import.meta.url));
    const args = ["run", "--quiet", "--no-prompt", "--config", config, "-A", program, folder!, JSON.stringify(texts)];
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const found = Float32Array.from(JSON.parse(new TextDecoder().decode(stdout)));
    await using engine = await testEngine();
    using encoder = await SentenceEncoder.open(engine, folder!, { maxTokens: 128, normalize: true });
    const exact = await encoder.encode(texts), { width } = encoder;
    for (const [i, text] of texts.entries()) {
      const cosine = exact.subarray(i * width, (i + 1) * width)
        .reduce((sum, value, j) => sum + value * found[i * width + j]!, 0);
      assert.ok(cosine > 0.99, `${text.slice(0, 20)}: ${cosine}`);
    }
  },
});
