import assert from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../cli/main.ts";
import { expandMembers, parseMember } from "../../runs/ensemble/members.ts";
import { trainEnsemble } from "../../runs/ensemble/train.ts";
import { trainFolds } from "../../runs/folds/train_folds.ts";
import { trainRun } from "../../runs/start_run.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { withFolder } from "../temporary.ts";
import { recordingTerminal, run as parse } from "./harness.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

async function call(...words: string[]) {
  const { terminal, written } = recordingTerminal();
  const code = await main(words, terminal);
  return { code, ...written };
}

const keys = (object: object) => Object.keys(object).sort();

Deno.test(
  "evaluate and predict: baselines, standard deviation, isotonic correction and intervals, as text, JSON and columns",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), out = join(folder, "run");
    await trainRun({ recipe: "bilinear", files, settings: small, maxRows: null, out }, { engine, reporter: silent });
    const given = ["--run", out, "--data", files.data, "--embeddings", files.embeddings!];
    const { code, out: json } = await call("evaluate", ...given, "--interval", "0.8", "--json");
    assert.equal(code, 0);
    const figures = JSON.parse(json);
    assert.deepEqual(
      keys(figures),
      "accuracy bias byLanguage byMetric byScore byScript constantMae constantRmse heldOutShifts interval isotonic mae pearson ridgeMae ridgeRmse rmse rmseInterval rows shift spearman spread standardDeviation"
        .split(" "),
    );
    assert.ok(
      figures.ridgeRmse > 0 && figures.ridgeMae < figures.ridgeRmse && figures.constantMae < figures.constantRmse,
    );
    assert.deepEqual(figures.byScript.map(({ group, rows }: { group: string; rows: number }) => [group, rows]), [[
      "Latin",
      90,
    ]]);
    assert.equal(figures.interval.level, 0.8);
    assert.ok(figures.interval.coverage > 0.5 && figures.interval.meanWidth > 0 && figures.interval.meanWidth <= 10);
    const { byStandardDeviation } = figures.standardDeviation;
    assert.ok(Array.isArray(byStandardDeviation));
    assert.equal(figures.spread.bySpread[0]?.spread, byStandardDeviation[0]?.standardDeviation);
    assert.deepEqual(keys(figures.standardDeviation), [
      "byStandardDeviation",
      "coverage",
      "gaussianNll",
      "meanSquaredZ",
      "varianceRatio",
      "withinOne",
      "withinTwo",
    ]);
    assert.deepEqual(figures.isotonic.map(({ set }: { set: string }) => set), ["validation", "mismatched validation"]);
    assert.ok(figures.isotonic.every(({ isotonicRmse }: { isotonicRmse: number }) => isotonicRmse > 0));

    const watched = recordingTerminal({ interactive: true });
    await main(["evaluate", ...given], watched.terminal);
    assert.ok(watched.written.err.includes("\r\x1b[Kscoring records ┄┄┄┄┄┄┄┄┄┄┄┄  0/90"), watched.written.err);

    const text = (await call("evaluate", ...given, "--calibrate", "isotonic")).out;
    for (
      const part of [
        "ridge on embeddings",
        "constant predictor",
        "mean z²",
        "with isotonic",
        "Latin",
        "normal interval",
      ]
    ) {
      assert.ok(text.includes(part), part);
    }
    assert.ok(!text.includes("scores inside 80 % intervals"));
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
    const readme = await Deno.readTextFile(join(out, "README.md"));
    assert.match(readme, /\| validation \| 17 \| \d\.\d+ \| \d\.\d+ to \d\.\d+ (?:\| \d\.\d+ ){5}\|/);

    const csv = join(folder, "scores.csv"), plainCsv = join(folder, "plain.csv");
    const done = await call(
      "predict",
      ...given,
      "--out",
      csv,
      "--calibrate",
      "isotonic",
      "--interval",
      "0.8",
      "--standard-deviation",
    );
    assert.equal(done.code, 0, done.err);
    assert.equal((await call("predict", ...given, "--out", plainCsv)).code, 0);
    const [head, ...lines] = (await Deno.readTextFile(csv)).trimEnd().split("\n");
    assert.equal(head, "ID,score,standard_deviation,low,high");
    assert.equal(lines.length, 90);
    for (const line of lines) {
      const [, score, standardDeviation, low, high] = line.split(",").map(Number);
      assert.ok(0 <= low! && low! <= score! && score! <= high! && high! <= 10 && standardDeviation! > 0, line);
    }
    assert.match(await Deno.readTextFile(plainCsv), /^ID,score\n1,/);

    const tooMuch = await call("predict", ...given, "--out", csv, "--force", "--interval", "0.99");
    assert.deepEqual(tooMuch, {
      code: 1,
      out: "",
      err:
        `Error: The held-out rows of ${out} count for 17, too few for intervals of 99 %; at least 99 are expected.\n`,
    });
    const mean = await call("predict", ...given, "--out", csv, "--force", "--interval", "0.8", "--shift", "mean");
    assert.equal(mean.code, 2);
    assert.match(mean.err, /need held-out rows like the target ones, which --shift mean leaves out/);
    await Deno.remove(join(out, "validation.csv"));
    assert.match(
      (await call("predict", ...given, "--out", csv, "--force", "--interval", "0.8")).err,
      /validation\.csv does not/,
    );
    assert.deepEqual(JSON.parse((await call("evaluate", ...given, "--json")).out).isotonic, []);
  }),
);

Deno.test(
  "compare: runs, an ensemble and folds in one table, sorted, on their own rows and on the same ones",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), path = (name: string) => join(folder, name);
    const request = { recipe: "bilinear", files, maxRows: null };
    const settings = { ...small, training: { ...small.training, epochs: 1 } };
    await trainRun({ ...request, settings, out: path("a") }, { engine, reporter: silent });
    await trainRun({ ...request, settings: { ...settings, optimizer: { lr: 0.1 } }, out: path("b") }, {
      engine,
      reporter: silent,
    });
    await trainFolds({ ...request, settings, folds: 2, out: path("folds") }, { engine, reporter: silent });
    const words = "model.hidden=16,8 model.rank=4 training.batchSize=16 training.epochs=1";
    const members = expandMembers([parseMember(`bilinear ${words}`), parseMember(`bilinear ${words} training.seed=2`)]);
    await trainEnsemble({ files, members, settings: {}, maxRows: null, out: path("both") }, {
      engine,
      reporter: silent,
    });
    const runs = ["a", "b", "folds", "both"].map(path);
    const { code, out } = await call("compare", ...runs, "--json");
    assert.equal(code, 0);
    const lines = JSON.parse(out) as Record<string, number & string>[];
    assert.deepEqual(lines.map(({ rmse }) => rmse), lines.map(({ rmse }) => rmse!).sort((a, b) => a - b), "sorted");
    const named = Object.fromEntries(lines.map((line) => [line.run, line]));
    assert.deepEqual(
      runs.map((
        run,
      ) => [named[run]!.recipe, named[run]!.seed, named[run]!.members, named[run]!.folds, named[run]!.rows]),
      [["bilinear", 1, null, null, 17], ["bilinear", 1, null, null, 17], ["bilinear", 1, null, 2, 90], [
        "ensemble",
        null,
        2,
        null,
        17,
      ]],
    );
    const figures = JSON.parse(await Deno.readTextFile(join(path("a"), "figures.json")));
    assert.ok(Math.abs(named[path("a")]!.rmse! - figures[0].rmse) < 1e-5);
    for (const line of lines) {
      assert.ok(
        line.seconds! > 0 && line.ridgeRmse! > 0 && line.constantRmse! > 0 && line.mismatchedRmse! > 0,
        line.run,
      );
      assert.equal(line.test, null);
    }

    const all = await call("compare", ...runs, "--data", files.data, "--embeddings", files.embeddings!, "--json");
    const tested = JSON.parse(all.out) as {
      run: string;
      test: { rmse: number; behind: number; behindInterval: number[] };
    }[];
    assert.equal(tested[0]!.test.behind, 0);
    assert.deepEqual(tested[0]!.test.behindInterval, [0, 0]);
    for (const { test } of tested) {
      assert.ok(Math.abs(test.rmse - tested[0]!.test.rmse - test.behind) < 1e-9 && test.behind >= 0);
    }
    const alone = JSON.parse(
      (await call("evaluate", "--run", path("a"), "--data", files.data, "--embeddings", files.embeddings!, "--json"))
        .out,
    );
    assert.ok(Math.abs(tested.find(({ run }) => run === path("a"))!.test.rmse - alone.rmse) < 1e-9);

    const text = await call("compare", path("a"), path("folds") + "/");
    assert.match(text.out, /^held out by the run +recipe +seed +rows +RMSE/);
    assert.match(text.out, /bilinear, 2 folds/);
    assert.match(text.err, /held out different rows/);

    await Deno.remove(join(path("b"), "validation.csv"));
    const left = await call("compare", path("a"), path("b"));
    assert.equal(left.code, 0);
    assert.match(left.err, /b is left out: it is not finished; go on with train --resume/);
    assert.deepEqual(await call("compare", path("a"), files.embeddings!), {
      code: 2,
      out: "",
      err: `Error: ${files.embeddings} holds no run, no ensemble and no folds; name folders that train has made.\n`,
    });
    assert.equal((await call("compare", path("missing"))).code, 2);
  }),
);

Deno.test("compare: folders and options arrive, and what needs --data is refused without it", async () => {
  assert.deepEqual((await parse("compare runs/a runs/b/ runs/a --data d.json --shift em --json")).calls, [{
    command: "compare",
    call: {
      runs: ["runs/a", "runs/b"],
      data: "d.json",
      scores: null,
      embeddings: null,
      metrics: null,
      shift: { name: "em", target: null },
      json: true,
    },
  }]);
  assert.equal((await parse("compare runs/a --embeddings e")).err, "Error: --embeddings needs --data beside it.\n");
  assert.equal((await parse("compare")).code, 2);
  assert.match((await parse("compare --help")).out, /deno task compare runs\/\* --data labelled\.json/);
});
