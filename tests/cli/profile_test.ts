import assert from "node:assert/strict";
import { join } from "node:path";
import { describeProfile, profiled, withSpans } from "../../cli/profiled.ts";
import { Profile } from "../../engine/profile/profile.ts";
import { DataError } from "../../kernels/errors.ts";
import { withFolder } from "../temporary.ts";
import { recordingTerminal, run } from "./harness.ts";

Deno.test("--profile: is an option of all commands that train or score, beside --resume too, but not of several jobs", async () => {
  for (
    const line of [
      ...["train --profile a.json", "train --resume runs/a --profile a.json"],
      ...["finetune --resume models/a --profile a.json", "evaluate --run a --data b --profile a.json"],
      "predict --run a --data b --profile a.json",
    ]
  ) {
    const { code, calls, err } = await run(line);
    assert.equal(code, 0, err);
    assert.equal((calls[0]!.call as { profile: string }).profile, "a.json");
  }
  assert.ok(!("profile" in ((await run("train")).calls[0]!.call as object)));
  const { train } = await import("../../cli/commands/train.ts");
  const { code, err } = await run("train --recipe ensemble --jobs 2 --profile a.json", { train });
  assert.equal(code, 2);
  assert.match(err, /--profile watches one member at a time; leave --jobs out\./);
});

Deno.test(
  "--profile: the trace is written when the work fails too, and without the option the work is handed nothing",
  withFolder(async (folder) => {
    const path = join(folder, "trace.json"), { terminal, written } = recordingTerminal();
    const fail = (profile?: Profile) => {
      profile!.begin("reading")();
      return Promise.reject(new DataError("There are no records."));
    };
    await assert.rejects(profiled({ profile: path }, terminal, fail), DataError);
    const { traceEvents } = JSON.parse(await Deno.readTextFile(path)) as { traceEvents: { name: string }[] };
    assert.deepEqual(traceEvents.slice(-2).map(({ name }) => name), ["reading", "all"]);
    assert.match(written.err, /^Nothing was computed on the GPU\.\n/);
    await profiled({}, terminal, (profile) => Promise.resolve(assert.equal(profile, undefined)));
  }),
);

Deno.test("--profile: the table names the costliest kernels with their share of the time and of the peaks", () => {
  const profile = new Profile();
  const dispatch = { start: 0, bytes: 4e6, sent: 0 };
  profile.dispatches.push(
    { ...dispatch, label: "adam", duration: 1e6, flops: 0 },
    { ...dispatch, label: "matmul", duration: 3e6, flops: 6e6 },
    { ...dispatch, label: "adam", duration: 1e6, flops: 0 },
    { ...dispatch, label: "copies", duration: 5e6, bytes: 0, flops: 0 },
  );
  profile.peaks = { fma: 4, copy: 10 };
  assert.deepEqual(describeProfile(profile).join("\n").split("\n"), [
    "",
    "The GPU worked for 0.01 s, on 3 kernels in 4 dispatches.",
    "Peaks of this adapter: 4 GFLOP/s, 10.0 GB/s.",
    "kernel   ms  of all  times           of peak",
    "copies  5.0  50.0 %      1",
    "matmul  3.0  30.0 %      1  50.0 % of FLOP/s",
    "adam    2.0  20.0 %      2    40.0 % of GB/s",
  ]);
});

Deno.test("--profile: preparation and each epoch are spans of the host", async () => {
  const profile = new Profile(), told: string[] = [];
  const observer = withSpans<number, null>(
    { start: () => void told.push("start"), epoch: (figures) => void told.push(`epoch ${figures}`) },
    profile,
  );
  observer.start!(null);
  for (const figures of [1, 2]) await observer.epoch!(figures, true);
  assert.deepEqual(told, ["start", "epoch 1", "epoch 2"]);
  assert.deepEqual(profile.spans.map(({ name }) => name), ["prepare", "epoch 1", "epoch 2"]);
});
