import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeTexts, type EncodeTextsOptions } from "../../encoders/encode_texts.ts";
import type { EncodingProgress } from "../../data/observer.ts";
import { VectorCache } from "../../encoders/vector_cache.ts";
import { FakeEncoder } from "../fake_encoder.ts";
import { withFolder } from "../temporary.ts";

const noCache: EncodeTextsOptions = { cache: null };
const rows = (data: Float32Array, width: number) =>
  Array.from({ length: data.length / width }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);

Deno.test("encode texts: equal texts are encoded once, the longest first, each row in its place", async () => {
  const encoder = new FakeEncoder("fake:a", { batchSize: 2 });
  const texts = ["bb", "a", "dddd", "bb", "ccc", "a"];
  const data = await encodeTexts(encoder, texts, noCache);
  assert.deepEqual(encoder.batches, [["dddd", "ccc"], ["bb", "a"]]);
  assert.deepEqual(rows(data, 6), texts.map((text) => [...encoder.vector(text)]));
});

Deno.test("encode texts: a text without a word is a row of zeros that no model is asked about", async () => {
  const encoder = new FakeEncoder();
  const data = await encodeTexts(encoder, ["", " \n\t", "a"], noCache);
  assert.deepEqual(encoder.batches, [["a"]]);
  assert.deepEqual(rows(data, 6), [new Array(6).fill(0), new Array(6).fill(0), [...encoder.vector("a")]]);
});

Deno.test("encode texts: progress rises to 1, and the counts say what was known", async () => {
  const encoder = new FakeEncoder("fake:a", { batchSize: 2 });
  const seen: EncodingProgress[] = [];
  await encodeTexts(encoder, ["a", "bb", "ccc", "", "a"], {
    cache: null,
    observer: {
      encoding: (progress) => void seen.push(progress),
      encoded: (counts) => assert.deepEqual(counts, { texts: 3, cached: 0, encoded: 3 }),
    },
  });
  assert.deepEqual(seen.map(({ texts, done }) => [texts, done]), [[3, 0], [3, 2], [3, 3]]);
  assert.deepEqual([seen[0]!.share, seen[2]!.share], [0, 1]);
  assert.ok(seen[1]!.share > 2 / 3 && seen[1]!.share < 1, "longer texts are more of the work");
});

Deno.test(
  "encode texts: what the cache knows is not encoded again, by this encoder; another starts anew",
  withFolder(async (folder) => {
    const path = join(folder, "below", "cache.sqlite"), texts = ["one", "two", "three"];
    const encode = async (name: string, texts: readonly string[]) => {
      const encoder = new FakeEncoder(name);
      using cache = new VectorCache(path);
      return { encoder, data: await encodeTexts(encoder, texts, { cache }) };
    };
    const first = await encode("fake:a", texts);
    const second = await encode("fake:a", [...texts, "four"]);
    assert.deepEqual(second.encoder.batches, [["four"]]);
    assert.deepEqual(second.data.subarray(0, 18), first.data);
    assert.deepEqual((await encode("fake:a", texts)).encoder.batches, []);
    const other = await encode("fake:b", texts);
    assert.deepEqual(other.encoder.batches.flat().toSorted(), texts.toSorted());
    assert.notDeepEqual(other.data, first.data);
  }),
);

Deno.test(
  "encode texts: vectors that are not finite, or too few, are refused, and those of their batch are not kept",
  withFolder(async (folder) => {
    using cache = new VectorCache(join(folder, "cache.sqlite"));
    const encoder = new FakeEncoder("fake:a", { batchSize: 2 });
    encoder.encode = (texts) => Promise.resolve(new Float32Array(texts.length * 6).fill(texts.includes("a") ? NaN : 1));
    const texts = ["ccc", "bb", "a", "aa"];
    await assert.rejects(encodeTexts(encoder, texts, { cache }), {
      name: "DataError",
      message: 'fake:a gave NaN for the text "aa"; finite numbers are expected.',
    });
    encoder.encode = () => Promise.resolve(new Float32Array(6));
    await assert.rejects(encodeTexts(encoder, texts, { cache }), {
      message: "fake:a gave 6 numbers for 2 texts; 6 for each are expected.",
    });
    const sound = new FakeEncoder("fake:a");
    await encodeTexts(sound, texts, { cache });
    assert.deepEqual(sound.batches, [["aa", "a"]], "the batch before the bad one is there");
  }),
);

Deno.test(
  "encode texts: lone surrogates, NULs and a megabyte: each text has a vector of its own, and the cache gives it back",
  withFolder(async (folder) => {
    using cache = new VectorCache(join(folder, "cache.sqlite"));
    const long = "long \u{1f600}".repeat(150_000);
    const texts = ["a\ud800b", "a\0b", long, `${long}!`, "ab"];
    const encoder = new FakeEncoder();
    const first = await encodeTexts(encoder, texts, { cache });
    for (const text of encoder.batches.flat()) {
      assert.ok(text.isWellFormed() && text.length <= 16 * 64, "what a model is given is short and well-formed");
    }
    assert.equal(encoder.batches.flat().length, 5);
    const again = new FakeEncoder();
    assert.deepEqual(await encodeTexts(again, texts, { cache }), first);
    assert.deepEqual(again.batches, []);
  }),
);

Deno.test(
  "encode texts: stopped between batches, what is done is kept, and the rest is encoded the next time",
  withFolder(async (folder) => {
    using cache = new VectorCache(join(folder, "cache.sqlite"));
    const controller = new AbortController(), encoder = new FakeEncoder("fake:a", { batchSize: 1 });
    const encoding = ({ done }: EncodingProgress) => void (done === 2 && controller.abort());
    const stopped = encodeTexts(encoder, ["a", "bb", "ccc"], {
      cache,
      observer: { encoding },
      signal: controller.signal,
    });
    await assert.rejects(stopped, { name: "AbortError" });
    const again = new FakeEncoder("fake:a");
    await encodeTexts(again, ["a", "bb", "ccc"], { cache });
    assert.equal(encoder.batches.length + again.batches.flat().length, 3, "no text was encoded twice");
  }),
);

Deno.test(
  "encode texts: a cache that cannot be written any more costs a note, not the work",
  withFolder(async (folder) => {
    using cache = new VectorCache(join(folder, "cache.sqlite"));
    cache.put = () => {
      throw new Error("The disk is full.");
    };
    const encoder = new FakeEncoder("fake:a", { batchSize: 1 }), notes: string[] = [];
    const data = await encodeTexts(encoder, ["a", "bb"], { cache, onNote: (sentence) => notes.push(sentence) });
    assert.deepEqual(notes, ["The disk is full. Texts are encoded on, but their vectors are not kept."]);
    assert.deepEqual(rows(data, 6), ["a", "bb"].map((text) => [...encoder.vector(text)]));
  }),
);
