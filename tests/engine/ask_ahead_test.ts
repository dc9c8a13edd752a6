import assert from "node:assert/strict";
import { askAhead, type FilePart } from "../../engine/files/ask_ahead.ts";

/** A part of single bytes that notes when its first is asked for, and when it is left. */
function part(name: string, size: number, log: string[], length = size): FilePart {
  return {
    name,
    size,
    async *pieces() {
      log.push(`ask ${name}`);
      try {
        for (let i = 0; i < length; i++) yield await Promise.resolve(Uint8Array.of(i));
      } finally {
        log.push(`leave ${name}`);
      }
    },
  };
}

Deno.test("ask ahead: parts come in their order, and many small ones are asked for before the first has answered", async () => {
  const log: string[] = [], parts = Array.from({ length: 70 }, (_, i) => part(`${i}`, 2, log));
  const pieces = askAhead(parts), first = pieces.next();
  assert.equal(log.length, 64);
  const bytes = [...(await first).value!, ...(await Array.fromAsync(pieces)).flatMap((piece) => [...piece])];
  assert.deepEqual(bytes, parts.flatMap(() => [0, 1]));
  assert.deepEqual(log.filter((line) => line.startsWith("ask")), parts.map(({ name }) => `ask ${name}`));
});

Deno.test("ask ahead: a large part waits for its turn", async () => {
  const log: string[] = [];
  const large = { ...part("large", 20 << 20, log), pieces: part("large", 0, log).pieces };
  await assert.rejects(Array.fromAsync(askAhead([part("small", 1, log), large])), {
    name: "ShapeError",
    message: "large: 20971520 bytes are expected, but 0 came.",
  });
  assert.deepEqual(log, ["ask small", "leave small", "ask large", "leave large"]);
});

Deno.test("ask ahead: a part of the wrong length is named, and those that were asked for are left", async () => {
  const log: string[] = [];
  await assert.rejects(Array.fromAsync(askAhead([part("a", 1, log), part("b", 3, log, 2), part("c", 1, log)])), {
    name: "ShapeError",
    message: "b: 3 bytes are expected, but 2 came.",
  });
  assert.deepEqual(log.filter((line) => line.startsWith("leave")), ["leave a", "leave b", "leave c"]);
});

Deno.test("ask ahead: what fails ahead of its turn is thrown when that comes", async () => {
  const failing: FilePart = {
    name: "b",
    size: 1,
    async *pieces() {
      yield await Promise.reject(new Error("the GPU is gone"));
    },
  };
  const pieces = askAhead([part("a", 1, []), failing]);
  assert.deepEqual((await pieces.next()).value, Uint8Array.of(0));
  await assert.rejects(pieces.next(), { message: "the GPU is gone" });
});
