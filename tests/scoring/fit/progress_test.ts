import assert from "node:assert/strict";
import { fitOn, plantTexts } from "./planted.ts";

const names = [
  "multiplying the embeddings of texts",
  "counting the words of texts",
  "learning which metrics fit which texts",
];

Deno.test("fit model: it says what it is doing, one thing after the other, and how much of it is done up to all", async () => {
  const shares = new Map<string, number[]>();
  await fitOn(plantTexts(), undefined, undefined, async (name, done, total) => {
    if (!shares.has(name)) shares.set(name, []);
    assert.equal([...shares.keys()].at(-1), name, "no phase comes twice");
    shares.get(name)!.push(done! / total!);
    await Promise.resolve();
  });
  assert.deepEqual([...shares.keys()], names);
  for (const [name, told] of shares) {
    assert.ok(told.every((share, i) => share <= 1 && share >= (told[i - 1] ?? 0)), `${name} grows to 1 at most`);
    assert.ok(new Set(told).size > 3 || name === names[0], `${name} is told of again and again`);
  }
  assert.ok(Math.abs(shares.get(names[2]!)!.at(-1)! - 1) < 1e-9);
});

Deno.test("fit model: held-out rows of metrics of their own take turns of train rows, and more rounds", async () => {
  const set = plantTexts(), isOwn = (metric: number) => metric >= 20, told: number[] = [];
  const part = (wanted: (metric: number) => boolean) => {
    const rows = [...set.train.text.keys()].filter((row) => wanted(set.train.metric[row]!));
    const pick = (from: Uint32Array) => Uint32Array.from(rows, (row) => from[row]!);
    return { text: pick(set.train.text), metric: pick(set.train.metric) };
  };
  await fitOn(
    { ...set, train: part((one) => !isOwn(one)), heldOut: part(isOwn) },
    undefined,
    undefined,
    async (name, done) => {
      if (name === names[2]) told.push(done!);
      await Promise.resolve();
    },
  );
  assert.ok(told.every((share, i) => share <= 1 && share >= (told[i - 1] ?? 0)));
  assert.ok(Math.abs(told.at(-1)! - 1) < 1e-9);
});

Deno.test("fit model: what stops a phase stops the fit", async () => {
  const stop = new Error("stopped");
  const phase = (name: string) => name === names[2] ? Promise.reject(stop) : Promise.resolve();
  await assert.rejects(fitOn(plantTexts(), undefined, undefined, phase), (error) => error === stop);
});
