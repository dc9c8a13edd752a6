import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { addScaled, zeros } from "../../../recipes/classical/matrix.ts";
import { columnGram } from "../../../recipes/classical/ridge.ts";
import { productsOfParts, sharedZeros } from "../../../scoring/fit/products.ts";
import { countThreads } from "../../threads.ts";

const rows = 2500, columns = 9;

Deno.test("products: parts of rows are multiplied by threads in the bits of one thread, and say how many are done", async () => {
  const random = new Philox(7), x = sharedZeros(rows, columns), alone = zeros(rows, columns);
  for (let at = 0; at < x.data.length; at++) alone.data[at] = x.data[at] = random.uniform() - 0.5;
  const all = [...new Array(rows).keys()], parts = [all.slice(0, 2200), all.slice(2200)], told: number[] = [];
  const { result, threads } = countThreads(() =>
    productsOfParts(x, parts, async (done, total) => {
      assert.equal(total, rows);
      told.push(done);
      await Promise.resolve();
    }, 0)
  );
  const found = await result,
    { result: plain, threads: none } = countThreads(() => productsOfParts(alone, parts, undefined, 0));
  assert.ok(threads > 0 && none === 0);
  assert.deepEqual(found, await plain);
  assert.deepEqual([told[0], told.at(-1), told.length], [0, rows, 4]);
  assert.ok(told.every((done, i) => done >= (told[i - 1] ?? 0)));
  const whole = columnGram(alone);
  addScaled(whole, -1, found[0]!);
  addScaled(whole, -1, found[1]!);
  assert.ok(whole.every((left) => Math.abs(left) < 1e-10));
});

Deno.test("products: threads end with work that is stopped", async () => {
  const x = sharedZeros(rows, columns), stop = new Error("stopped");
  const all = [...new Array(rows).keys()];
  const onRows = (done: number) => done > 0 ? Promise.reject(stop) : Promise.resolve();
  await assert.rejects(productsOfParts(x, [all.slice(0, 300), all.slice(300)], onRows, 0), (error) => error === stop);
});
