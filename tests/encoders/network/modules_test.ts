import assert from "node:assert/strict";
import { join } from "node:path";
import { applyModules, loadModules } from "../../../encoders/transformers/apply_modules.ts";
import { SentenceEncoder, type SentenceEncoderOptions } from "../../../encoders/network/sentence_encoder.ts";
import type { EncodingOptions } from "../../../encoders/encoder.ts";
import { openEncoder } from "../../../encoders/open_encoder.ts";
import { testEngine } from "../../engine/harness.ts";
import { encodingOptions } from "../../fake_encoder.ts";
import { assertClose } from "../../kernels/harness.ts";
import { put, withFolder } from "../../temporary.ts";
import { hiddenStates } from "./reference.ts";
import heads from "./sentence_transformers.json" with { type: "json" };
import { type Family, writeTinyEncoder } from "./tiny_encoder.ts";
import { type TinyModule, writeModules } from "./tiny_modules.ts";

const engine = await testEngine();
const tolerance = { rtol: 1e-5, atol: 5e-6 };

/** The rows of each case are those of sentence-transformers 6.2 with transformers 5.24. */
Deno.test("encoder modules: rows are those of sentence-transformers, on the GPU and without it", async (t) => {
  for (const { what, family, modules, files, texts, rows } of heads) {
    await t.step(
      what,
      withFolder(async (folder) => {
        const weights = await writeTinyEncoder(folder, family as Family);
        await writeModules(folder, modules as TinyModule[]);
        for (const [name, content] of Object.entries(files)) await put(folder, name, JSON.stringify(content));
        using encoder = await SentenceEncoder.open(engine, folder);
        const found = await encoder.encode(texts), { width, head } = encoder;
        assert.equal(width, rows[0]!.length);
        assertClose(found, rows.flat(), tolerance);
        if (texts.some((text) => text.includes("<pad>"))) return;
        const loaded = await loadModules(head.modules), prompt = head.prompt === "" ? 0 : 4;
        texts.forEach((text, i) => {
          const hidden = hiddenStates(family as Family, weights, encoder.tokenize(text));
          assertClose(applyModules(loaded, hidden, prompt), rows[i]!, tolerance);
        });
      }),
    );
  }
});

Deno.test(
  "encoder modules: a folder with a last normalisation gives rows without it where asked, one without it rows of length 1",
  withFolder(async (folder) => {
    const pooling = { kind: "Pooling", config: { pooling_mode: "cls" } }, normalize = { kind: "Normalize" };
    const lengths: number[] = [];
    for (const modules of [[pooling], [pooling, normalize]]) {
      for (const asked of [undefined, false, true]) {
        await writeTinyEncoder(folder, "bert");
        await writeModules(folder, modules);
        using encoder = await SentenceEncoder.open(engine, folder, { normalize: asked });
        lengths.push(Number(Math.hypot(...await encoder.encode(["the answer"])).toFixed(4)));
      }
    }
    const [as, without, with1, ...others] = lengths;
    assert.ok(as! > 1.5 && as === without && with1 === 1, String(lengths));
    assert.deepEqual(others, [1, as, 1]);
  }),
);

Deno.test(
  "encoder modules: a default prompt is put before each text with a word about it, unless a prefix takes its place",
  withFolder(async (folder) => {
    const path = join(folder, "tiny"), notes: string[] = [];
    await writeTinyEncoder(path, "bert");
    await writeModules(path, [{ kind: "Pooling", config: { pooling_mode: "mean" } }]);
    const plain = await openEncoder(`gpu:${path}`, { ...encodingOptions, normalize: false });
    const expected: Float32Array[] = [];
    for (const text of ["short: the answer", "is the answer", "the answer"]) expected.push(await plain.encode([text]));
    await put(
      path,
      "config_sentence_transformers.json",
      '{"prompts": {"query": "short: "}, "default_prompt_name": "query"}',
    );
    const open = async (prefix: string | null) =>
      await openEncoder(`gpu:${path}`, { ...encodingOptions, normalize: false, prefix }, (note) => notes.push(note));
    const [prompted, prefixed, bare] = [await open(null), await open("is"), await open("")];
    const said = notes.filter((note) => note.includes("before each text"));
    assert.deepEqual(said, [
      `gpu:${path} puts "short: " before each text, the default prompt of its config_sentence_transformers.json; ` +
      "--prefix replaces it.",
    ]);
    for (const [i, encoder] of [prompted, prefixed, bare].entries()) {
      assert.deepEqual(await encoder.encode(["the answer"]), expected[i]);
    }
    assert.equal(new Set([plain, prompted, prefixed].map(({ fingerprint }) => fingerprint)).size, 3);
    assert.equal(bare.fingerprint, plain.fingerprint);
    for (const encoder of [plain, prompted, prefixed, bare]) await encoder[Symbol.asyncDispose]();
  }),
);

Deno.test(
  "encoder modules: a named prompt, and the first dimensions of a row, are those of the files or of the options",
  withFolder(async (folder) => {
    const path = join(folder, "tiny");
    await writeTinyEncoder(path, "bert");
    await writeModules(path, [{ kind: "Pooling", config: { pooling_mode: "mean" } }, { kind: "Normalize" }]);
    const open = async (changes: Partial<EncodingOptions>) =>
      await openEncoder(`gpu:${path}`, { ...encodingOptions, pooling: "auto", ...changes });
    const rowOf = async (text: string, options: SentenceEncoderOptions = {}) => {
      using encoder = await SentenceEncoder.open(engine, path, options);
      const row = await encoder.encode([text]);
      assert.equal(row.length, encoder.width);
      return row;
    };
    const whole = await rowOf("the answer"), asked = await rowOf("short: the answer");
    assert.deepEqual(await rowOf("the answer", { dimensions: 5 }), whole.subarray(0, 5));
    const first = await rowOf("the answer", { dimensions: 5, normalize: true });
    const length = Math.hypot(...whole.subarray(0, 5));
    assertClose(first, Float64Array.from(whole.subarray(0, 5), (value) => value / length), { atol: 1e-6 });
    const pooling = { kind: "pooling", modes: ["mean"], includePrompt: true } as const;
    const cut = applyModules([pooling, { kind: "truncate", dimensions: 2 }], [Float64Array.of(1, 2, 3)], 0);
    assert.deepEqual(cut, Float64Array.of(1, 2));
    const settings = { prompts: { query: "short: " }, truncate_dim: 4 };
    await put(path, "config_sentence_transformers.json", JSON.stringify(settings));
    assert.deepEqual(await rowOf("the answer", { promptName: "query", dimensions: 12 }), asked);
    assert.equal((await rowOf("the answer")).length, 4);
    await assert.rejects(() => open({ prompt: "answer" }), {
      name: "UsageError",
      message: /^The prompt "answer" is asked for; .*json has "query", "document"\.$/,
    });
    await assert.rejects(() => open({ prompt: "query", prefix: "a" }), /--prefix and --prompt both say/);
    await assert.rejects(() => open({ dimensions: 13 }), /A row has 12 dimensions; the first 13 are asked for\./);
    await put(path, "config_sentence_transformers.json", '{"truncate_dim": 0}');
    await assert.rejects(() => open({}), /"truncate_dim" is 0; a positive integer is expected\./);
  }),
);
