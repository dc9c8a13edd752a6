import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeTexts } from "../../encoders/encode_texts.ts";
import { readNpy } from "../../data/files/npy.ts";
import { readRecords } from "../../data/records.ts";
import { readTextEmbeddings } from "../../data/embeddings/text_embeddings.ts";
import { textOf } from "../../data/texts/text_layout.ts";
import { embedFile, type EmbedRequest } from "../../encoders/embed.ts";
import { openEncoder, parseEncoderName, registerEncoder } from "../../encoders/open_encoder.ts";
import { encodingOptions, FakeEncoder } from "../fake_encoder.ts";
import { put, withFolder } from "../temporary.ts";
import { writeInputs } from "../runs/runs.ts";

/** Encoders that were opened by `fake:NAME`, the last one last. */
const opened: FakeEncoder[] = [];
registerEncoder("fake", (name) => {
  opened.push(new FakeEncoder(`fake:${name}`));
  return Promise.resolve(opened.at(-1)!);
});

function request(folder: string, further: Partial<EmbedRequest> = {}): EmbedRequest {
  return {
    data: join(folder, "train.json"),
    encoder: "fake:a",
    encoding: encodingOptions,
    fields: ["system_prompt", "user_prompt"],
    metricDefinitions: null,
    out: join(folder, "out"),
    force: false,
    ...further,
  };
}

Deno.test(
  "embed: rows are aligned with the records, missing texts are zeros with a mask, and a second run encodes nothing",
  withFolder(async (folder) => {
    await writeInputs(folder);
    const cache = join(folder, "cache.sqlite");
    const summary = await embedFile(request(folder), { cache });
    assert.deepEqual(summary, { rows: 90, dimension: 6, missing: [["system_prompt", 30], ["user_prompt", 0]] });
    const [encoder] = opened.slice(-1) as [FakeEncoder];
    assert.equal(encoder.batches.flat().length, 1 + 45, "different texts");
    assert.ok(encoder.disposed);
    const records = await readRecords(join(folder, "train.json"), { scores: "ignored" });
    const { fields, dimension, encoder: note } = await readTextEmbeddings(join(folder, "out"), 90);
    assert.deepEqual([dimension, note], [6, { name: "fake:a", fingerprint: encoder.fingerprint }]);
    for (const { name, data } of fields) {
      const mask = await readNpy(join(folder, "out", `${name}.mask.npy`));
      assert.deepEqual(mask.shape, [90]);
      records.forEach((record, row) => {
        const text = textOf(record, name as "user_prompt");
        const expected = text === "" ? new Float32Array(6) : encoder.vector(text);
        assert.deepEqual(data.subarray(row * 6, (row + 1) * 6), expected, `${name} ${row}`);
        assert.equal(mask.data[row], text === "" ? 0 : 1);
      });
    }
    const out = join(folder, "again");
    await embedFile(request(folder, { out }), { cache });
    assert.deepEqual(opened.at(-1)!.batches, []);
    for (const name of ["user_prompt.npy", "system_prompt.mask.npy", "embeddings.json"]) {
      assert.deepEqual(await Deno.readFile(join(out, name)), await Deno.readFile(join(folder, "out", name)));
    }
    await embedFile(request(folder, { out, fields: ["text"], force: true }), { cache: null });
    assert.deepEqual([...Deno.readDirSync(out)].map(({ name }) => name).toSorted(), [
      "embeddings.json",
      "text.mask.npy",
      "text.npy",
    ]);
    assert.equal(opened.at(-1)!.batches.flat().length, 90, "no cache, no memory");
  }),
);

Deno.test(
  "embed: definitions of metrics become a table of metrics beside the texts, also by the built-in encoder",
  withFolder(async (folder) => {
    await writeInputs(folder);
    const metricDefinitions = await put(
      folder,
      "definitions.json",
      JSON.stringify({ b: "being brief", a: "answer 3" }),
    );
    for (const encoder of ["fake:a", "hash"]) {
      const out = join(folder, encoder.slice(0, 4));
      await embedFile(request(folder, { encoder, out, fields: ["response"], metricDefinitions }), { cache: null });
      assert.deepEqual(JSON.parse(await Deno.readTextFile(join(out, "metric_names.json"))), ["b", "a"]);
      const metrics = await readNpy(join(out, "metric_embeddings.npy"));
      const responses = await readNpy(join(out, "response.npy"));
      const [, width] = metrics.shape as [number, number];
      assert.equal(width, encoder === "hash" ? 768 : 6);
      assert.deepEqual(metrics.data.subarray(width), responses.data.subarray(3 * width, 4 * width), "the same text");
    }
  }),
);

Deno.test(
  "embed: what cannot be done is told in a sentence, and nothing is left behind",
  withFolder(async (folder) => {
    await writeInputs(folder);
    const refused = (further: Partial<EmbedRequest>, message: string | RegExp) =>
      assert.rejects(embedFile(request(folder, further), { cache: null }), { message });
    await refused({ fields: ["text", "response"] }, /^text is all fields put together/);
    await refused(
      { encoder: "hub:x" },
      '--encoder is "hub:x"; hash, transformers:<model>, gpu:<folder>, fake:<name> or file:<folder> is expected.',
    );
    await refused({ encoder: "file:x" }, /^--encoder is "file:x"; an encoder of texts is expected/);
    await refused(
      { out: join(folder, "embeddings") },
      /embeddings exists already; name another folder, or add --force/,
    );
    await refused({ out: join(folder, "embeddings"), force: true }, /holds something else than embeddings/);
    await refused({ out: join(folder, "train.json"), force: true }, /train\.json holds something else than embeddings/);
    const definitions = (content: unknown) => put(folder, "d.json", JSON.stringify(content));
    await refused({ metricDefinitions: await definitions(["a"]) }, /d\.json holds no object; a text for each/);
    await refused({ metricDefinitions: await definitions({}) }, /d\.json defines no metrics/);
    await refused({ metricDefinitions: await definitions({ a: " " }) }, /d\.json: "a" is " "; the text that defines/);
    registerEncoder("broken", () => {
      const encoder = new FakeEncoder();
      encoder.encode = () => Promise.resolve(new Float32Array(3));
      return Promise.resolve(encoder);
    });
    await refused({ encoder: "broken:x" }, /gave 3 numbers/);
    assert.deepEqual([...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("out")), []);
  }),
);

Deno.test("encoders: a prefix stands before each text and in the fingerprint, and is no word of an empty text", async () => {
  await using plain = await openEncoder("fake:a", encodingOptions);
  await using encoder = await openEncoder("fake:a", { ...encodingOptions, prefix: "query:" });
  const [fake] = opened.slice(-1) as [FakeEncoder];
  assert.notEqual(encoder.fingerprint, plain.fingerprint);
  const rows = await encodeTexts(encoder, ["a", ""], { cache: null });
  assert.deepEqual(fake.batches, [["query: a"]]);
  assert.deepEqual(rows, Float32Array.of(...fake.vector("query: a"), ...new Float32Array(6)));
});

Deno.test("encoders: a name is a scheme and what follows; the default model needs no name", async () => {
  assert.deepEqual(parseEncoderName("hash"), { scheme: "hash", argument: "" });
  assert.deepEqual(parseEncoderName("file:a:b"), { scheme: "file", argument: "a:b" });
  assert.match(parseEncoderName("transformers").argument, /^Xenova\/paraphrase-multilingual-mpnet-base-v2$/);
  for (const name of ["", "hash:", "hash:x", "file:", "fake", "all-MiniLM-L6-v2", "toString:x"]) {
    assert.throws(() => parseEncoderName(name), {
      name: "UsageError",
      message: /^--encoder is ".*"; hash, transformers/,
    });
  }
  await assert.rejects(openEncoder("hash", encodingOptions), { message: '"hash" is no pretrained encoder.' });
});
