import assert from "node:assert/strict";
import { Engine } from "../engine/engine.ts";
import { createService } from "../examples/prediction_service.ts";
import { testDevice } from "./device.ts";

Deno.test("example: a small network learns, in under 30 lines", async () => {
  const source = await Deno.readTextFile(new URL("../examples/train_small_network.ts", import.meta.url));
  assert.ok(source.trim().split("\n").length < 30);

  const printed = await printedBy("train_small_network");
  assert.deepEqual(printed.map(([step]) => step), [50, 100, 150, 200]);
  assert.ok((printed.at(-1)![1] as number) < 0.05, `the last loss is ${printed.at(-1)![1]}`);
});

Deno.test("example: a kernel multiplies matrices on a device and buffers of the caller's own", async () => {
  // Where the machine has no adapter, this sees to one.
  await testDevice();
  assert.deepEqual(await printedBy("matmul_on_your_device"), [[[4, 5, 10, 11]]]);
});

Deno.test("example: nearest neighbours under the learned metric have the same class more often", async () => {
  const [[, before], [, after]] = await printedBy("learned_metric_neighbours") as [[string, number], [string, number]];
  assert.ok(before < 0.7 && after > 0.9, `${before} before, ${after} after`);
});

Deno.test("example: the service learns from the rows that are posted, answers predictions and refuses what is no row", async () => {
  await using engine = await Engine.open();
  const service = createService(engine);
  const post = async (path: string, body: string) => {
    const response = await service(new Request(`http://localhost${path}`, { method: "POST", body }));
    return [response.status, await response.json()] as const;
  };
  const x = Array.from({ length: 25 }, (_, i) => [(i % 5) / 4, Math.floor(i / 5) / 4]);
  const rows = JSON.stringify({ x, y: x.map(([a, b]) => 2 * a! - b! + 0.5) });
  const [first, second] = await Promise.all([post("/rows", rows), post("/rows", rows)]);
  assert.deepEqual([first[0], first[1].rows, second[1].rows], [200, 25, 50]);
  assert.ok(second[1].loss < first[1].loss && second[1].loss < 0.01, `a loss of ${second[1].loss} remains`);
  const [, { y }] = await post("/predict", '{"x": [[0.5, 0.5], [1, 0]]}');
  assert.ok(Math.abs(y[0] - 1) < 0.2 && Math.abs(y[1] - 2.5) < 0.4, String(y));

  assert.deepEqual(await post("/predict", '{"x": [[1]]}'), [400, {
    error: "x: a list of rows of 2 numbers is expected.",
  }]);
  assert.equal((await post("/rows", '{"x": [[1, 2]], "y": ["high"]}'))[0], 400);
  assert.equal((await post("/rows", "{"))[0], 400);
  assert.equal((await post("/else", "{}"))[0], 404);
});

/** What an example prints, a list of values a line. */
async function printedBy(example: string): Promise<unknown[][]> {
  const printed: unknown[][] = [];
  const log = console.log;
  console.log = (...values) => printed.push(values);
  try {
    await import(`../examples/${example}.ts`);
  } finally {
    console.log = log;
  }
  return printed;
}
