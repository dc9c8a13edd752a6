import assert from "node:assert/strict";
import { ShapeError } from "../../kernels/errors.ts";
import { maxWorkgroupsPerDimension, rowGrid, wholeVectors, workgroupGrid } from "../../kernels/launcher.ts";

Deno.test("launcher: grids cover every workgroup within the limit of one dimension", () => {
  for (const count of [1, 65_535, 65_536, 200_000, 5_000_000]) {
    const [x, y] = workgroupGrid(count);
    assert.ok(x * y >= count && x <= maxWorkgroupsPerDimension && y <= maxWorkgroupsPerDimension);
    assert.ok(x * y - count < y);
  }
  assert.deepEqual(rowGrid(3, 7), [3, 7, 1]);
});

Deno.test("launcher: a slice is widened to whole vectors, or refused where its buffer ends", () => {
  const buffer = { size: 36, label: "short" } as GPUBuffer;
  assert.equal(wholeVectors({ buffer, offset: 0, size: 20 }).size, 32);
  assert.throws(() => wholeVectors({ buffer, offset: 0, size: 36 }), ShapeError);
});
