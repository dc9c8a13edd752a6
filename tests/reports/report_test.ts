import assert from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../cli/main.ts";
import { readNpyMatrix, writeNpy } from "../../data/files/npy.ts";
import type { Evaluation } from "../../scoring/evaluate.ts";
import type { SetFigure } from "../../scoring/set_figure.ts";
import type { ShiftFigure } from "../../scoring/shift/measure_shifts.ts";
import { expandMembers, parseMember } from "../../runs/ensemble/members.ts";
import { trainEnsemble } from "../../runs/ensemble/train.ts";
import { trainFolds } from "../../runs/folds/train_folds.ts";
import type { RunEnvironment } from "../../runs/results/environment.ts";
import { readValidation } from "../../runs/results/validation_file.ts";
import { finetuneTable } from "../../runs/finetune/settings.ts";
import { resolve } from "../../recipes/settings/table.ts";
import { EventFile } from "../../runs/tensorboard/event_file.ts";
import { scalarValue } from "../../runs/tensorboard/events.ts";
import { trainRun } from "../../runs/start_run.ts";
import { recordingTerminal, run as parse } from "../cli/harness.ts";
import { put, withFolder } from "../temporary.ts";
import { silent, small, widths, writeInputs } from "../runs/runs.ts";
import { checkMarkup, hostile } from "./hostile.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

async function call(...words: string[]) {
  const { terminal, written } = recordingTerminal();
  const code = await main(words, terminal);
  return { code, ...written };
}

/** The rows of a table of a report. */
async function rows(out: string, name: string): Promise<Record<string, number & string>[]> {
  return JSON.parse(await Deno.readTextFile(join(out, "tables", `${name}.json`)));
}

const near = (a: number, b: number, what?: string) =>
  assert.ok(Math.abs(a - b) < 1e-5, `${what ?? ""} ${a} is not ${b}`);

/** Figures of groups in a report beside those of `evaluate`. */
function sameGroups(found: readonly Record<string, unknown>[], column: string, wanted: Evaluation["byScore"]): void {
  assert.deepEqual(found.map((row) => [row[column], row.rows]), wanted.map(({ group, rows }) => [group, rows]));
  found.forEach((row, i) => near(row.RMSE as number, wanted[i]!.rmse, column));
}

async function expectSame(out: string, figures: Evaluation): Promise<void> {
  const [line] = await rows(out, "runs");
  for (const [column, value] of [["RMSE", figures.rmse], ["MAE", figures.mae], ["bias", figures.bias]] as const) {
    near(line![column]!, value, column);
  }
  near(line!.Pearson!, figures.pearson!);
  near(line!.Spearman!, figures.spearman!);
  near(line!.low!, figures.rmseInterval[0]);
  near(line!.high!, figures.rmseInterval[1]);
  near(line!.ridge!, figures.ridgeRmse!);
  near(line!.constant!, figures.constantRmse);
  sameGroups(await rows(out, "errors-by-score"), "true score", figures.byScore);
  sameGroups(await rows(out, "errors-by-metric"), "metric", figures.byMetric);
  sameGroups(await rows(out, "errors-by-language"), "language", figures.byLanguage);
  const deviation = figures.standardDeviation!, [deviations] = await rows(out, "standard-deviations");
  near(deviations!["squared error / variance"]!, deviation.varianceRatio);
  near(deviations!["mean z²"]!, deviation.meanSquaredZ);
  near(deviations!["Gaussian NLL"]!, deviation.gaussianNll);
  near(deviations!["|z| < 1"]!, deviation.withinOne);
  (await rows(out, "deviation-calibration")).forEach((row, i) => {
    near(row["predicted standard deviation"]!, deviation.byStandardDeviation[i]!.standardDeviation);
    near(row.RMSE!, deviation.byStandardDeviation[i]!.rmse);
  });
  const normal = (await rows(out, "coverage")).filter(({ intervals }) => intervals === "normal");
  normal.forEach((row, i) => near(row.hold!, deviation.coverage[i]!.found));
  assert.equal(normal.length, 4);
}

Deno.test(
  "report: its numbers are those of evaluate, of held-out records and of others",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 300), run = join(folder, "run"), out = join(folder, "report");
    const settings = { ...small, training: { ...small.training, refit: "none" as const } };
    await trainRun({ recipe: "bilinear", files, settings, maxRows: null, out: run }, { engine, reporter: silent });

    const given = ["--data", files.data, "--embeddings", files.embeddings];
    assert.equal((await call("report", run, ...given, "--out", out)).code, 0);
    const all = JSON.parse((await call("evaluate", "--run", run, ...given, "--interval", "0.9", "--json")).out);
    await expectSame(out, all);
    const [, , conformal] = (await rows(out, "coverage")).filter(({ intervals }) => intervals === "conformal");
    near(conformal!["should hold"]!, 0.9);
    near(conformal!.hold!, all.interval.coverage);
    near(conformal!["mean width"]!, all.interval.meanWidth);

    // Of the held-out records, as a file of their own.
    const heldOut = await readValidation(join(run, "validation.csv"));
    const records = JSON.parse(await Deno.readTextFile(files.data)) as unknown[];
    const own = await put(folder, "own.json", JSON.stringify(heldOut.map(({ record }) => records[record])));
    const { data } = await readNpyMatrix(join(files.embeddings, "text.npy"), { rows: 300, rowsOf: "records" });
    const picked = heldOut.flatMap((
      { record },
    ) => [...data.subarray(record * widths.text, (record + 1) * widths.text)]);
    await writeNpy(join(folder, "own", "text.npy"), Float32Array.from(picked), [heldOut.length, widths.text]);
    const line = ["--run", run, "--data", own, "--embeddings", join(folder, "own"), "--shift", "none", "--json"];
    const figures = JSON.parse((await call("evaluate", ...line)).out) as Evaluation & { heldOutShifts: ShiftFigure[] };
    const { code, out: facts, err } = await call("report", run);
    assert.equal(code, 0, err);
    assert.match(facts, /^RMSE: \d\.\d+ \(95 % interval \d\.\d+ to \d\.\d+\)\n/);
    const report = join(run, "report");
    const [kept] = JSON.parse(await Deno.readTextFile(join(run, "figures.json"))) as SetFigure[];
    await expectSame(report, { ...figures, rmseInterval: kept!.rmseInterval! });
    near((await rows(report, "sets"))[0]!["metric mean"]!, kept!.metricMean!);
    assert.deepEqual(
      (await rows(report, "shift")).map(({ shift, validation, mixed }) => ({ shift, validation, mixed })),
      figures.heldOutShifts.map(({ shift, validation, mixed }) => ({ shift, validation, mixed })),
    );
    assert.equal((await rows(report, "predictions")).length, heldOut.length);
    assert.deepEqual((await rows(report, "phases")).map(({ phase }) => phase), [
      "reading records",
      "encoding texts",
      "preparing rows",
      "training",
      "scoring held-out rows",
    ]);
    const { step } = JSON.parse(await Deno.readTextFile(join(run, "environment.json"))) as RunEnvironment;
    assert.ok(step!.steps > 0);
    (await rows(report, "step-memory")).forEach(({ purpose, MiB }, i) => {
      assert.equal(purpose, step!.memory[i]!.purpose);
      near(MiB!, step!.memory[i]!.bytes / 2 ** 20);
    });
    if (step!.kernels.length > 0) {
      near((await rows(report, "kernel-time")).reduce((sum, { share }) => sum + share!, 0), 1);
    }
  }),
);

Deno.test(
  "report: texts of records are shown and never interpreted, bars lead to them, and changed data are noticed",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), run = join(folder, "run"), out = join(run, "report");
    const settings = { ...small, fit: { name: "auto" as const }, data: { groupBy: "user_prompt" } };
    await trainRun({ recipe: "bilinear", files, settings, maxRows: null, out: run }, { engine, reporter: silent });
    const records = JSON.parse(await Deno.readTextFile(files.data)) as Record<string, string>[];
    const bad = records.map((record, i) => ({
      ...record,
      metric_name: hostile[i % 4],
      user_prompt: `${hostile[i % hostile.length]} ${"long ".repeat(i === 3 ? 200_000 : 1)}`,
      response: hostile[(i + 1) % hostile.length],
    }));
    await Deno.writeTextFile(files.data, JSON.stringify(bad));
    assert.equal((await call("report", run)).code, 0);
    const html = await Deno.readTextFile(join(out, "index.html"));
    assert.ok(html.length < 1e6, `${html.length} characters`);
    const [program, ...others] = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text!);
    assert.deepEqual(others, []);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(program)));
    assert.ok(html.includes(`script-src 'sha256-${btoa(String.fromCharCode(...hash))}';`));
    checkMarkup(html.replace(`<script>${program}</script>`, ""), ["article", "ol", "pre", "code", "clippath"]);
    assert.match(html, /&lt;script&gt;alert\(1\)/);
    const ids = [...html.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id!);
    assert.equal(new Set(ids).size, ids.length);
    const links = [...html.matchAll(/\bhref="#([^"]*)"/g)].map(([, id]) => id!);
    assert.deepEqual(links.filter((id) => !ids.includes(id)), []);
    assert.ok(links.filter((id) => id.startsWith("wrong-score-")).length >= 5);
    for await (const { name } of Deno.readDir(join(out, "figures"))) {
      const svg = await Deno.readTextFile(join(out, "figures", name));
      checkMarkup(svg.replace(/ xmlns(?::\w+)?="[^"]*"/g, ""), ["clippath"], name);
      assert.doesNotMatch(svg, /<a[ >]/, name);
    }
    for await (const { name } of Deno.readDir(join(out, "tables"))) {
      const text = await Deno.readTextFile(join(out, "tables", name));
      if (name.endsWith(".csv")) assert.doesNotMatch(text, /(?:^|,)"?[=+@]/m, name);
    }
    const [first, second] = await rows(out, "fit-probabilities");
    assert.deepEqual([first!.records, second!.records], ["as they are", "under a metric drawn at random"]);

    await Deno.writeTextFile(files.data, JSON.stringify(bad.toReversed()));
    const { code, err } = await call("report", run);
    assert.equal(code, 0);
    assert.match(err, /The report has no texts: record \d+ of .*train\.json is not the one with score/);
    assert.doesNotMatch(await Deno.readTextFile(join(out, "index.html")), /<article|wrong-score-/);
    await Deno.remove(files.data);
    assert.match((await call("report", run)).err, /The report has no texts: .*train\.json does not exist/);
  }),
);

Deno.test(
  "report: runs, an ensemble, folds and a tuned encoder stand beside each other; what is not finished is left out",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), path = (name: string) => join(folder, name), out = path("report");
    const request = { recipe: "bilinear", files, maxRows: null };
    const settings = { ...small, training: { ...small.training, epochs: 1 } };
    const grouped = { ...settings, data: { groupBy: "user_prompt" } };
    const { pooled } = await trainFolds({ ...request, settings: grouped, folds: 2, out: path("folds") }, {
      engine,
      reporter: silent,
    });
    const words = "model.hidden=16,8 model.rank=4 training.batchSize=16 training.epochs=2";
    const members = expandMembers([parseMember(`bilinear ${words}`), parseMember(`bilinear ${words} training.seed=2`)]);
    await trainEnsemble({ files, members, settings: {}, maxRows: null, out: path("both") }, {
      engine,
      reporter: silent,
    });
    const member = join(path("both"), "members", "01-bilinear"), stopped = path("stopped");
    await Deno.mkdir(stopped);
    await Deno.copyFile(join(member, "config.json"), join(stopped, "config.json"));
    const tuned = resolve(finetuneTable, { epochs: 2, lr: 0.001 });
    const quality = { alignment: 0.5, alignmentOf: "texts", uniformity: -2, recall: null, texts: 4, pairs: 4 };
    await Deno.mkdir(path("tuned"));
    await put(
      path("tuned"),
      "finetune.json",
      JSON.stringify({
        format: "metrograd finetune 1",
        config: { data: ["train.json"], metricDefinitions: null, encoder: "base", settings: tuned },
        counts: { records: 4, texts: 4, trainedNumbers: 8, pairs: {}, batches: 1 },
        losses: [2, 1.5],
        before: quality,
        after: { ...quality, alignment: 0.25 },
      }),
    );

    const events = await EventFile.open(path("tuned"), 0);
    for (const step of [16, 32]) await events.add({ step, wallTime: step }, [scalarValue("train/loss", 32 / step)]);

    const all = ["folds", "both", "tuned"].map(path);
    const { code, err } = await call("report", ...all, member, stopped, "--out", out);
    assert.equal(code, 0, err);
    assert.match(err, /stopped is left out: it is not finished/);
    const compared = JSON.parse((await call("compare", path("folds"), path("both"), member, "--json")).out);
    // Both draw whole groups.
    assert.deepEqual(compared.find(({ folds }: { folds: unknown }) => folds === 2).rmseInterval, pooled!.rmseInterval);
    const columns = ["recipe", "RMSE", "ridge", "constant", "mismatched", "rows"];
    assert.deepEqual(
      (await rows(out, "runs")).map((row) => columns.map((column) => row[column])),
      compared.map((line: Record<string, unknown>) => [
        `${line.recipe}${line.members === null ? "" : ` of ${line.members}`}${
          line.folds === null ? "" : `, ${line.folds} folds`
        }`,
        ...["rmse", "ridgeRmse", "constantRmse", "mismatchedRmse", "rows"].map((name) => line[name]),
      ]),
    );
    const epochs = await rows(out, "epochs");
    assert.equal(epochs.length, 2 * 1 + 2 * 2 + 2);
    const beside = await rows(out, "predictions"), kept = await readValidation(join(path("both"), "validation.csv"));
    assert.deepEqual(
      beside.map(({ record }) => record! - 1).sort((a, b) => a - b),
      kept.map(({ record }) => record).sort((a, b) => a - b),
    );
    const one = kept.find(({ record }) => record === beside[0]!.record! - 1)!;
    near(beside[0]!.both!, one.predicted);
    assert.ok(beside[0]!.difference! >= beside.at(-1)!.difference!);
    const differing = new Map((await rows(out, "differences")).map((row) => [row.setting, row]));
    assert.deepEqual([differing.get("folds" as never)!.folds, differing.get("folds" as never)!.both], ["2", "none"]);
    assert.ok(!differing.has("files.data" as never));
    const html = await Deno.readTextFile(join(out, "index.html"));
    assert.match(html, /deno task train --recipe bilinear --data [^<]*--folds 2 --out [^<]*folds</);
    assert.match(html, /deno task train --member &quot;bilinear /);
    assert.match(
      html,
      /deno task finetune --data train\.json --encoder gpu:base --epochs 2 --lr 0\.001 --out [^<]*tuned/,
    );
    assert.deepEqual(
      (await rows(out, "finetune-steps")).map((row) => [row.step, row["loss of a batch"]]),
      [[16, 2], [32, 1]],
    );
    const [alignment] = await rows(out, "finetune-quality");
    assert.deepEqual([alignment!.before, alignment!.after], [0.5, 0.25]);
    assert.ok((await rows(out, "environment")).every(({ runtime }) => /^Deno\/\d/.test(runtime!)));

    assert.match((await call("report", stopped)).err, /there is nothing to report/);
    assert.match((await call("report", path("nothing"))).err, /holds no run, no ensemble and no folds/);
    await put(out, "notes.txt", "mine");
    assert.match((await call("report", member, "--out", out, "--force")).err, /something else than a report/);
  }),
);

Deno.test(
  "train: ends by writing the report of its run and says where it is, unless none is wanted",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), out = join(folder, "run");
    const words = ["--data", files.data, "--metric-names", files.metricNames, "--embeddings", files.embeddings];
    const settings = ["--recipe", "bilinear", "--epochs", "1", "--hidden", "8", "--set", "model.rank=2"];
    const line = ["train", ...words, "--metric-embeddings", files.metricEmbeddings, ...settings, "--out", out];
    const { code, err } = await call(...line);
    assert.equal(code, 0, err);
    const page = join(out, "report", "index.html");
    assert.ok(err.includes(`Picture: ${join(out, "predicted.svg")}\nReport: ${page}\nNext:`), err);
    assert.match(await Deno.readTextFile(page), /<h2 id="errors-title">/);
    const again = await call(...line, "--force", "--no-report");
    assert.doesNotMatch(again.err, /Report:/);
    await assert.rejects(Deno.stat(page));
    // A report that cannot be written takes nothing from the run.
    await put(out, "report", "a file of somebody's own");
    const resumed = await call("train", "--resume", out);
    assert.equal(resumed.code, 0);
    assert.match(resumed.err, /The run is whole, but its report could not be written: .*something else than a report/);
  }),
);

Deno.test("command line: report's options arrive typed, and those that need records are refused without them", async () => {
  const { calls } = await parse("report runs/a runs/b/ runs/a --data x.json --map score=rating --out r --force");
  assert.deepEqual(calls, [{
    command: "report",
    call: {
      runs: ["runs/a", "runs/b"],
      data: "x.json",
      reading: { map: { score: "rating" } },
      scores: null,
      embeddings: null,
      metrics: null,
      shift: { name: "auto", target: null },
      out: "r",
      force: true,
      words: "deno task report runs/a runs/b --data x.json --map score=rating",
    },
  }]);
  for (const option of ["--scores s.csv", "--format helpsteer2", "--shift em", "--embeddings e"]) {
    const { code, err } = await parse(`report runs/a ${option}`);
    assert.deepEqual([code, err.includes(`${option.split(" ")[0]} needs --data beside it`)], [2, true], err);
  }
  assert.equal((await parse("report")).code, 2);
  const reportOf = async (line: string) => (await parse(line)).calls[0]!.call as { report?: boolean };
  assert.equal((await reportOf("train --no-report")).report, false);
  assert.equal((await reportOf("train --recipe ensemble --no-report")).report, false);
  assert.equal((await reportOf("train --resume runs/a --no-report")).report, false);
  assert.ok(!("report" in await reportOf("train")));
});
