import assert from "node:assert/strict";
import * as kernels from "../../kernels/mod.ts";
import { evidence } from "../../tools/kernel_table/evidence.ts";
import { kernelPage, launches } from "../../tools/kernel_table/table.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));

/** Functions of `kernels` that record no work. */
const helpers = [
  ...[
    "PipelineCache",
    "TextureCopies",
    "TexturePool",
    "DispatchTimer",
    "measureReads",
    "texturedSource",
    "CommandStream",
    "BufferPool",
    "createLauncher",
    "defineKernel",
    "axisView",
    "bilinearTiles",
  ],
  ...[
    "elementGrid",
    "workgroupGrid",
    "broadcastShape",
    "chooseAttentionVariant",
    "chooseMatmulVariant",
    "halfBytes",
    "readGradientStatus",
  ],
];

Deno.test("kernel table: docs/kernels.md lists what kernels exports, and nothing else (deno task docs:kernels)", () => {
  const names = launches().map(({ name }) => name).toSorted();
  const functions = Object.entries(kernels).filter(([, value]) => typeof value === "function").map(([name]) => name);
  assert.deepEqual(functions.filter((name) => !helpers.includes(name)).toSorted(), names);
  assert.deepEqual(Object.keys(evidence).filter((name) => !names.includes(name)), []);
  const listed = [...read("../../docs/kernels.md").matchAll(/^\| \[(\w+)\]/gm)].map(([, name]) => name!);
  assert.deepEqual(listed.toSorted(), names);
});

Deno.test("kernel table: a line has the launch's shaders, its tests, the largest error and the speed", () => {
  const page = kernelPage({ adapter: "a", errors: { mse: 0.25 }, speeds: { "mse loss 1M": "3 GB/s" } });
  const [, line] = /^\| \[meanSquaredError\](.*)$/m.exec(page)!;
  assert.equal(
    line,
    "(../kernels/loss/pointwise.ts) | pointwise | float64, [loss](../tests/kernels/loss_test.ts), PyTorch: mse | 0.25 | " +
      "3 GB/s (mse loss 1M) |",
  );
});
