import assert from "node:assert/strict";
import { explanation, parseProduct } from "../../bench/explain.ts";
import { summary } from "../../bench/measure.ts";
import { encoderCases } from "../../bench/cases/encoder.ts";
import { jsonReport, tableLine, tokensLine } from "../../bench/report.ts";
import type { Case } from "../../bench/case.ts";
import { checkCase, expectSmallErrors } from "../../bench/check.ts";
import { testEngine } from "../engine/harness.ts";
import { expectSameDirection } from "../../bench/same_row.ts";

const root = new URL("../../", import.meta.url);

async function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "bench", ...args],
    cwd: root,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("bench --json: prints one object with the adapter and a result a case, and nothing else", async () => {
  const { code, stdout, stderr } = await bench("--json", "--runs", "1", "--check", "column sums");
  assert.equal(code, 0, stderr);
  const { adapter, peaks, results, ...others } = JSON.parse(stdout);
  assert.deepEqual(others, {});
  assert.ok(typeof adapter === "string" && adapter !== "");
  assert.ok(peaks.copy_gb_per_s > 0 && peaks.fma_gflops > 0);
  assert.equal(results.length, 1);
  assert.equal(results[0].name, "column sums 1024x1024");
  assert.ok(results[0].median_ms > 0 && results[0].gb_per_s > 0);
  assert.ok(results[0].spread === 0 && results[0].share_of_peak > 0);
  assert.deepEqual(results[0].peers, []);
  assert.ok(results[0].error > 0 && results[0].error < 1e-5, `${results[0].error}`);
});

Deno.test("bench --check: an error that is too large is refused with the kernel's name, and NaN is one", () => {
  const result = (name: string, error: number | null) => ({ case: { name } as Case, error });
  expectSmallErrors([result("a", 1e-6), result("b", 0), result("c", null)]);
  for (const error of [1e-3, NaN]) {
    assert.throws(() => expectSmallErrors([result("a", 1e-6), result("b", error)]), /^MetrogradError: b differs from/);
  }
});

Deno.test("bench --check: the error is that of the output that is farthest off, as a share of its greatest element", async () => {
  const engine = await testEngine();
  const one = (found: number[], expected: number[]): Case => ({
    name: "a",
    prepare: () => ({
      round: () => {},
      outputs:
        () => [{ found: engine.tensor([1], [5]), expected: [5] }, { found: engine.tensor([2], found), expected }],
      dispose: () => {},
    }),
  });
  assert.equal(await checkCase(engine, one([1, 8], [1, 8])), 0);
  assert.equal(await checkCase(engine, one([1, 8], [3, 8])), 0.25);
  assert.equal(await checkCase(engine, one([NaN, 8], [1, 8])), NaN);
  assert.equal(await checkCase(engine, { name: "b", prepare: () => ({ round() {}, dispose() {} }) }), null);
});

Deno.test("bench: an unknown name is refused with the nearest one", async () => {
  const { code, stdout, stderr } = await bench("mpl-step");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.equal(stderr, 'No benchmark is called "mpl-step"; the nearest is "mlp-step".\n');
});

Deno.test("bench: the median and the spread are those of the runs, and peers stand beside them", () => {
  const ours = { name: "metrograd", ...summary([3, 1, 2]) };
  assert.deepEqual(ours, { name: "metrograd", median: 2, spread: 1 });
  assert.equal(summary([1, 4, 2, 3]).median, 2.5);
  const result = {
    case: { name: "a", flops: 6e6, prepare: () => ({ round: () => {}, dispose: () => {} }) },
    ours,
    peers: [{ name: "b", median: 8, spread: 0 }],
  };
  const peaks = { copy: 10, fma: 12 };
  assert.deepEqual(JSON.parse(jsonReport("gpu", peaks, [result])), {
    adapter: "gpu",
    peaks: { copy_gb_per_s: 10, fma_gflops: 12 },
    results: [
      {
        ...{ name: "a", median_ms: 2, spread: 1, gflops: 3, share_of_peak: 0.25 },
        peers: [{ name: "b", median_ms: 8 }],
      },
    ],
  });
  assert.match(
    tableLine(result, peaks, ["b", "c"]),
    /^a +2\.000 +100 % +3\.0 GFLOP\/s +25 % +8\.000 \(4\.00 x\) *$/,
  );
});

Deno.test("bench: an encoder's speed is given in tokens a second, beside that of peers", () => {
  const [first] = encoderCases, timing = { median: 512, spread: 0 };
  const result = {
    case: first!,
    ours: { name: "metrograd", ...timing },
    peers: [{ ...timing, name: "b", median: 2048 }],
  };
  assert.equal(tokensLine(result), "  tokens a second: metrograd 4000; b 1000 (ours are 4.00 x as many)");
  assert.equal(tokensLine({ ...result, case: { ...first!, tokens: undefined! } }), null);
  const [found] = JSON.parse(jsonReport("gpu", { copy: 10, fma: 12 }, [result])).results;
  assert.deepEqual([found.tokens_per_s, found.peers], [4000, [{ name: "b", median_ms: 2048, tokens_per_s: 1000 }]]);
  // Peers need the real model.
  for (const { shared, unshared } of encoderCases) {
    if (!shared) {
      assert.match(unshared!, /^transformers\.js is left out, and weights are random, since there is no \S+/);
    }
  }
});

Deno.test("bench: a peer whose row points elsewhere has not done the same work", () => {
  expectSameDirection("b", [2, 4.01], [1, 2]);
  const message =
    "b gives a row of 2 numbers whose cosine with ours of 2 is 0.8000; at least 0.999 is expected of the same model.";
  assert.throws(() => expectSameDirection("b", [2, 1], [1, 2]), { name: "MetrogradError", message });
  assert.throws(() => expectSameDirection("b", [1, 2, 0], [1, 2]), { name: "MetrogradError" });
});

Deno.test("bench --explain: names the line of the table that fits, and refuses what is no product", async () => {
  const shape = parseProduct("64x32x2304 nt");
  assert.deepEqual(shape, { m: 64, n: 32, k: 2304, transposeA: false, transposeB: true });
  const capabilities = { subgroupSize: 8, software: true, shaderF16: false, maxBindingSize: 1 << 27 };
  const lines = explanation(shape, capabilities);
  assert.match(lines.at(-2)!, /^ {2}yes {2}software GPU with subgroups/);
  assert.ok(lines.slice(0, -2).every((line) => line.startsWith("  no ")));
  assert.match(lines.at(-1)!, /^picked: register tile 4x32, 8 lanes, .*broadcasts, sums in 2 parts; 4 workgroups$/);
  const { code, stderr } = await bench("--explain", "64x32");
  assert.equal(code, 2);
  assert.equal(stderr, '--explain is "64x32"; a product such as "64x512x2304 nt" is expected.\n');
});
