import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Engine } from "../engine/engine.ts";
import { createService } from "../examples/prediction_service.ts";
import { testDevice } from "./device.ts";
import { writeTinyEncoder } from "./encoders/network/tiny_encoder.ts";
import { withFolder } from "./temporary.ts";

Deno.test("example: a small network learns, in under 30 lines", async () => {
  const source = await Deno.readTextFile(new URL("../examples/train_small_network.ts", import.meta.url));
  const module = await Deno.readTextFile(new URL("../engine/mod.ts", import.meta.url));
  const documented = module.match(/```ts\n([\s\S]*?)```/)![1]!.replace(/^ \* ?/gm, "");
  assert.equal(documented.trim(), source.trim());
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

/** Runs an example as a user does, in a folder of its own; gives the lines it prints and how long it is. */
async function run(example: string, folder: string, ...args: string[]): Promise<{ lines: string[]; length: number }> {
  const script = new URL(`../examples/${example}.ts`, import.meta.url);
  const permissions = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys=systemMemoryInfo", "--allow-ffi"];
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, fileURLToPath(script), ...args],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const length = (await Deno.readTextFile(script)).trim().split("\n").length;
  return { lines: new TextDecoder().decode(stdout).trim().split("\n"), length };
}

Deno.test(
  "example: a transformer's training is resumed to the loss of an unbroken one",
  withFolder(async (folder) => {
    const { lines } = await run("resumed_training", folder);
    const [first, unbroken, resumed] = lines.map((line) => Number(line.match(/: (\d\.\d+)$/)?.[1]));
    assert.ok(unbroken! < first! && resumed === unbroken, lines.join("; "));
  }),
);

Deno.test(
  "example: the gradient of an op with kernels of its own is that of finite differences",
  withFolder(async (folder) => {
    const { lines } = await run("own_op", folder);
    const slopes = lines.map((line) => line.split(" ").map(Number));
    assert.equal(slopes.length, 7);
    for (const [, rule, difference] of slopes) assert.ok(Math.abs(rule! - difference!) < 2e-3, lines.join("; "));
  }),
);

Deno.test(
  "example: a classifier learns three spirals, and is the same when it is loaded, in at most 40 lines",
  withFolder(async (folder) => {
    const { lines, length } = await run("mlp_classifier", folder);
    const [trained, loaded] = lines.map((line) => Number(line.match(/^(?:trained|loaded): ([\d.]+)$/)?.[1]));
    assert.ok(trained! > 0.95 && trained === loaded, lines.join("; "));
    assert.ok(length <= 40, `${length} lines`);
  }),
);

Deno.test(
  "example: a siamese network finds the neighbours of classes that it was not trained on",
  withFolder(async (folder) => {
    const { lines } = await run("siamese_network", folder);
    const [before, after] = lines.map((line) => Number(line.match(/^recall@1 (?:before|after): ([\d.]+)$/)?.[1]));
    assert.ok(before! < 0.6 && after! > 0.9, lines.join("; "));
  }),
);

Deno.test(
  "example: the nearest texts are found by an encoder's folder, in at most 20 lines",
  withFolder(async (folder) => {
    await writeTinyEncoder(join(folder, "tiny"), "bert");
    const { lines, length } = await run("nearest_texts", folder, join(folder, "tiny"));
    assert.equal(lines.length, 2);
    const scores = lines.map((line) => Number(line.match(/^(-?[\d.]+) \S/)?.[1]));
    assert.ok(scores[0]! >= scores[1]! && scores[0]! <= 1.001, lines.join("; "));
    assert.ok(length <= 20, `${length} lines`);
  }),
);

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
