import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../temporary.ts";
import { call } from "./bad_files.ts";
import { small, writeInputs } from "../runs/runs.ts";

Deno.test(
  "score range: a run on 1..5 learns as on the stretched scores, and says scores and errors on its own scale",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 60), wide = files.data, narrow = join(folder, "narrow.json");
    const records: { score: string }[] = JSON.parse(await Deno.readTextFile(wide));
    await Deno.writeTextFile(
      narrow,
      JSON.stringify(records.map((one) => ({ ...one, score: 1 + 0.4 * Number(one.score) }))),
    );
    const out = { wide: join(folder, "wide"), narrow: join(folder, "narrow") };
    const train = {
      "--recipe": "bilinear",
      "--metric-names": files.metricNames,
      "--metric-embeddings": files.metricEmbeddings,
      "--embeddings": files.embeddings,
      "--hidden": small.model.hidden.join(),
      "--rank": "4",
      "--epochs": "1",
    };
    assert.equal((await call("train", { ...train, "--data": wide, "--out": out.wide })).code, 0);
    const trained = await call("train", { ...train, "--data": narrow, "--score-range": "1..5", "--out": out.narrow });
    assert.equal(trained.code, 0, trained.err);
    assert.match(await Deno.readTextFile(join(out.narrow, "README.md")), /--score-range 1\.\.5/);

    const scores = async (run: string, data: string) => {
      const csv = join(folder, "scores.csv");
      const given = { "--run": run, "--data": data, "--embeddings": files.embeddings, "--shift": "none", "--out": csv };
      const { code, err } = await call("predict", given);
      assert.equal(code, 0, err);
      return (await Deno.readTextFile(csv)).trimEnd().split("\n").slice(1).map((line) => Number(line.split(",")[1]));
    };
    const [before, after] = [await scores(out.wide, wide), await scores(out.narrow, narrow)];
    assert.ok(new Set(before).size > 10);
    before.forEach((score, i) => assert.ok(Math.abs(1 + 0.4 * score - after[i]!) < 1e-4, `${score} and ${after[i]}`));

    const rmse = async (run: string, data: string) => {
      const given = { "--run": run, "--data": data, "--embeddings": files.embeddings, "--shift": "none" } as const;
      const { out, err, code } = await call("evaluate", { ...given, "--json": true });
      assert.equal(code, 0, err);
      return JSON.parse(out) as { rmse: number; constantRmse: number; heldOutShifts: { validation: number }[] };
    };
    const [plain, scaled] = [await rmse(out.wide, wide), await rmse(out.narrow, narrow)];
    assert.ok(Math.abs(0.4 * plain.rmse - scaled.rmse) < 1e-4);
    assert.ok(Math.abs(0.4 * plain.constantRmse - scaled.constantRmse) < 1e-4);
    assert.ok(Math.abs(0.4 * plain.heldOutShifts[0]!.validation - scaled.heldOutShifts[0]!.validation) < 1e-4);
    const held = async (run: string) =>
      (JSON.parse((await call("compare", { [run]: true, "--json": true })).out))[0].rmse;
    assert.ok(Math.abs(0.4 * await held(out.wide) - await held(out.narrow)) < 1e-4);
    const both = await call("compare", { [out.wide]: true, [out.narrow]: true });
    assert.match(both.err, /\/narrow and 0 to 10 for .*\/wide; those on different scales cannot be compared\./);
    assert.doesNotMatch((await call("compare", { [out.wide]: true })).err, /scale/);
    const refused = await call("evaluate", { "--run": out.narrow, "--data": wide, "--embeddings": files.embeddings });
    assert.match(refused.err, /score is "\d+"; a number from 1 to 5 is expected\./);
  }),
);
