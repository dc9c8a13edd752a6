import assert from "node:assert/strict";
import { ErrorTrap } from "../../engine/device/errors.ts";
import { formatReport, inspect } from "../../engine/device/report.ts";

Deno.test("errors: a loss is reported by every check", async () => {
  const lost = Promise.resolve({ message: "The driver was reset." } as GPUDeviceLostInfo);
  const trap = new ErrorTrap(Object.assign(new EventTarget(), { lost }) as GPUDevice);
  trap.check();
  await lost;
  for (let time = 0; time < 2; time++) assert.throws(() => trap.check(), /The GPU was lost \(The driver was reset\)/);
});

Deno.test("report: our matrix products are right on this adapter, and software comes with advice", async () => {
  const report = await inspect();
  assert.ok(report.correct, `error ${report.matmulError}`);
  assert.ok(report.gflops > 0);
  assert.equal(report.advice.length > 0, report.software);
  const { maxBufferSize } = report.limits;
  assert.ok(maxBufferSize && maxBufferSize >= 2 ** 28);
});

Deno.test("report: names the adapter, and a wrong result cannot be overlooked", async () => {
  const report = { ...await inspect(), description: "Some GPU", advice: ["Do this."] };
  assert.match(
    formatReport(report),
    /^adapter +Some GPU\n(.*\n)*correctness +matrix products right(.*\n)*\nDo this\.$/,
  );
  assert.match(formatReport({ ...report, correct: false, matmulError: Infinity }), /matrix products WRONG/);
});
