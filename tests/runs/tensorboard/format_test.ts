import assert from "node:assert/strict";
import { crc32c, maskedCrc32c } from "../../../runs/tensorboard/crc32c.ts";
import {
  histogramValue,
  scalarValue,
  stepOf,
  summaryEvent,
  textValue,
  versionEvent,
} from "../../../runs/tensorboard/events.ts";
import { histogramOf } from "../../../runs/tensorboard/histogram.ts";
import { joinBytes } from "../../../runs/tensorboard/protobuf.ts";
import { readRecords, toRecord } from "../../../runs/tensorboard/records.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The events below as tensorboard 2.21's RecordWriter writes them. */
const written =
  "GAAAAAAAAACjf0siCQAAAAAAAPg/Gg1icmFpbi5FdmVudDoyKihkbCsAAAAAAAAAhhvDSwkAAAAAAAAEQBCsAiodChEKCnRyYWluL2xv" +
  "c3MVAACAPgoICgFiFQAAQMCNH+JOZQAAAAAAAADr0FppCQAAAAAAAAhAEAEqWApWCgFoKlEJAAAAAAAA8L8RAAAAAAAA8D8ZAAAAAAAACEAhAAAAAAAA" +
  "4D8pAAAAAAAAAkAyEAAAAAAAAAAAAAAAAAAA8D86EAAAAAAAAPA/AAAAAAAAAECdVi5MQgAAAAAAAAB5826qCQAAAAAAABBAEAIqNQozChVzZXR0aW5n" +
  "cy90ZXh0X3N1bW1hcnlCEAgHEgQSAggBQgbDqSB8IHhKCAoGCgR0ZXh0Fmi3zQ==";

const events = [
  versionEvent(1.5),
  summaryEvent({ step: 300, wallTime: 2.5 }, [scalarValue("train/loss", 0.25), scalarValue("b", -3)]),
  summaryEvent({ step: 1, wallTime: 3 }, [
    histogramValue("h", { min: -1, max: 1, count: 3, sum: 0.5, squares: 2.25, limits: [0, 1], counts: [1, 2] }),
  ]),
  summaryEvent({ step: 2, wallTime: 4 }, [textValue("settings", "é | x")]),
];

Deno.test("tensorboard: CRC-32C has the check values of RFC 3720 and of its definition", () => {
  assert.equal(crc32c(bytes("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  assert.equal(crc32c(new Uint8Array()), 0);
  assert.equal(maskedCrc32c(new Uint8Array()), 0xa282ead8);
});

Deno.test("tensorboard: numbers, histograms and text have the bytes that TensorBoard itself writes", () => {
  const expected = Uint8Array.from(atob(written), (character) => character.charCodeAt(0));
  assert.deepEqual(joinBytes(events.map(toRecord)), expected);
  assert.deepEqual(readRecords(expected).map(({ content }) => stepOf(content)), [0, 300, 1, 2]);
});

Deno.test("tensorboard: a step of more than 32 bits is read as it was written", () => {
  const step = 2 ** 40 + 5;
  assert.equal(stepOf(summaryEvent({ step, wallTime: 1 }, [])), step);
});

Deno.test("tensorboard: records end before the first that is cut short or damaged", () => {
  const whole = joinBytes(events.map(toRecord)), ends = readRecords(whole).map(({ end }) => end);
  assert.equal(ends.at(-1), whole.length);
  for (let length = ends[1]!; length < ends[2]!; length++) {
    assert.equal(readRecords(whole.subarray(0, length)).length, 2, `${length} bytes`);
  }
  for (let at = ends[0]!; at < ends[1]!; at++) {
    const damaged = whole.slice();
    damaged[at]! ^= 4;
    assert.equal(readRecords(damaged).length, 1, `byte ${at}`);
  }
});

Deno.test("tensorboard: a histogram counts each finite number once, between its limits", async () => {
  const pieces = [[-2, 0, 0.5, NaN], [2, 2, Infinity, -1.97]];
  const found = await histogramOf(async function* () {
    for (const piece of pieces) yield await Promise.resolve(Float32Array.from(piece));
  });
  const { min, max, count, sum, limits, counts } = found!;
  assert.deepEqual([min, max, count, counts.reduce((a, b) => a + b), limits.at(-1)], [-2, 2, 6, 6, 2]);
  assert.ok(Math.abs(sum - 0.53) < 1e-6);
  // Bins are 1/16 wide.
  assert.deepEqual([counts[0], counts[32], counts[40], counts[63]], [2, 1, 1, 2]);
  assert.deepEqual((await histogramOf(constant(3)))!.counts.slice(0, 2), [2, 0]);
  assert.equal(await histogramOf(constant(NaN)), null);
});

const constant = (value: number) =>
  async function* () {
    yield await Promise.resolve(Float32Array.of(value, value));
  };
