import assert from "node:assert/strict";
import { join } from "node:path";
import { packagesOf } from "../../bench/hardware/pack/packages.ts";
import { HardwareReport } from "../../bench/hardware/report.ts";
import { resultLine } from "../../bench/hardware/result_line.ts";
import { stages } from "../../bench/hardware/stages.ts";
import { withFolder } from "../temporary.ts";

const root = new URL("../../", import.meta.url);

async function bench(folder: string, ...args: string[]) {
  const out = join(folder, "hardware.json");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "bench:hardware", "--out", out, ...args],
    cwd: root,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const report = await Deno.readTextFile(out).then(JSON.parse, () => null);
  return { code, stdout: text(stdout), stderr: text(stderr), report };
}

Deno.test(
  "bench:hardware: a stage keeps what it has found when its time is over, and the others still run",
  withFolder(async (folder) => {
    const { code, report, stderr } = await bench(folder, "--small", "--minutes", "0.1", "train", "kernel tests");
    assert.equal(code, 0, stderr);
    assert.equal(report.format, "metrograd hardware 1");
    assert.deepEqual([report.minutes, report.small], [0.1, true]);
    const [train, tests] = report.stages;
    assert.deepEqual([train.name, tests.name], ["train", "kernel tests"]);
    assert.notEqual(train.end, "running");
    assert.ok(train.seconds < 15 && tests.seconds < 15, "stopped in time");
    assert.ok(tests.results.length <= 2);
  }),
);

Deno.test(
  "bench:hardware: unknown stages and times are refused before anything is written",
  withFolder(async (folder) => {
    const unknown = await bench(folder, "doctr");
    assert.deepEqual([unknown.code, unknown.stderr], [2, 'Error: No stage is called "doctr"; see --help.\n']);
    const never = await bench(folder, "--minutes", "0");
    assert.equal(never.stderr, 'Error: --minutes is "0"; a number above 0 and up to 600 is expected.\n');
    assert.equal(never.report, null);
  }),
);

Deno.test(
  "bench:hardware: the file has every result as soon as it is known",
  withFolder(async (folder) => {
    const path = join(folder, "hardware.json");
    const report = await HardwareReport.begin(path, { minutes: 6, small: false });
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)).stages, []);
    const results = [{ name: "adapter", software: true }];
    report.stages.push({ name: "doctor", end: "running", allowed: 20, seconds: 1, results });
    await Promise.all([report.write(), report.write()]);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)).stages, report.stages);
    assert.equal(report.find("doctor", "adapter"), results[0]);
    assert.equal(report.find("tiles", "adapter"), undefined);
  }),
);

Deno.test("bench:hardware: a benchmark's line has its rate and the peers, any other what was found", () => {
  const timing = { name: "matmul", median_ms: 2, spread: 0, gflops: 50, peers: [{ name: "PyTorch", median_ms: 1 }] };
  assert.match(resultLine(timing), /^ {2}matmul +2 ms 50 GFLOP\/s; PyTorch 1 ms \(0\.50 x\)$/);
  assert.match(resultLine({ name: "loss", passed: 3 }), /^ {2}loss +\{"passed":3\}$/);
  assert.equal(new Set(stages.map(({ name }) => name)).size, stages.length);
});

Deno.test("bench:pack: brings the packages that the command line starts with, and none that it may import later", async () => {
  const packages = await packagesOf([new URL("cli/main.ts", root)]);
  assert.ok(packages.has("commander") && packages.has("@commander-js/extra-typings"));
  assert.ok(!packages.has("vega") && !packages.has("hyparquet"));
  for (const path of packages.values()) assert.ok((await Deno.stat(join(path, "package.json"))).isFile);
});
