import assert from "node:assert/strict";
import { join } from "node:path";
import project from "../../deno.json" with { type: "json" };
import { nextFree, refuseExisting } from "../../cli/output/out.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import { put, withFolder } from "../temporary.ts";
import type { Actions } from "../../cli/program.ts";
import { run } from "./harness.ts";

Deno.test("command line: train's options arrive typed, and only those that were given", async () => {
  const { code, calls } = await run(
    "train --data a.json --metric-names n.json --metric-embeddings m.npy --group-by conversation --seed 3 " +
      "--learning-rate 1e-3 --hidden 64,32 --negatives 0 --weights none --max-rows 100 --out runs/a --force --recover",
  );
  assert.equal(code, 0);
  assert.deepEqual(calls, [{
    command: "train",
    call: {
      kind: "new",
      request: {
        files: { data: "a.json", metricNames: "n.json", metricEmbeddings: "m.npy", embeddings: null, recover: true },
        recipe: "bilinear",
        settings: {
          data: { groupBy: "conversation" },
          augmentation: { metricSwap: { share: 0 } },
          weights: { kind: "none" },
          training: { seed: 3 },
          model: { hidden: [64, 32] },
          optimizer: { lr: 1e-3 },
        },
        maxRows: 100,
      },
      named: false,
      documented: false,
      target: null,
      out: "runs/a",
      force: true,
      folds: null,
      explain: false,
    },
  }]);
});

Deno.test("command line: auto is trained where no recipe is named, and what was the default where its settings are given", async () => {
  const asked = async (line: string) => {
    const { calls, err } = await run(line);
    assert.equal(err, "");
    return (calls[0]!.call as { request: { recipe: string; settings: object } }).request;
  };
  assert.deepEqual(await asked("train"), { files: null, recipe: "auto", settings: {}, maxRows: null });
  assert.equal((await asked("train --seed 2 --negatives 0 --weights none")).recipe, "auto");
  for (const given of ["--epochs 3", "--hidden 8", "--set optimizer.lr=1", "--set model.rank=2"]) {
    assert.equal((await asked(`train ${given}`)).recipe, "bilinear", given);
  }
  assert.deepEqual((await asked("train --budget 1.5m")).settings, { model: { budget: 90 } });
  assert.deepEqual((await asked("train --budget 2h")).settings, { model: { budget: 7200 } });
  assert.match((await run("train --budget soon")).err, /--budget is "soon"; a number from 1 to 1000000 is expected/);
  assert.equal(((await run("train --target t.json")).calls[0]!.call as { target: string }).target, "t.json");
  assert.match((await run("train --recipe ensemble --target t.json")).err, /--target is for single runs/);
});

Deno.test(
  "command line: --config gives way to the short options, and those to --set; a run's config.json will do too",
  withFolder(async (folder) => {
    const file = await put(
      folder,
      "c.json",
      JSON.stringify({ recipe: "bilinear", optimizer: { lr: 0.1, clip: 5 }, training: { epochs: 2 } }),
    );
    const settingsOf = async (line: string) => {
      const { calls, err } = await run(line);
      assert.equal(err, "");
      return (calls[0]!.call as { request: { settings: unknown } }).request.settings;
    };
    assert.deepEqual(
      await settingsOf(
        `train --config ${file} --learning-rate 0.2 --epochs 3 --set training.epochs=4 --set model.rank=8`,
      ),
      { optimizer: { lr: 0.2, clip: 5 }, training: { epochs: 4 }, model: { rank: 8 } },
    );
    const settings = { training: { seed: 5 } };
    const config = await put(
      folder,
      "config.json",
      JSON.stringify({ format: "metrograd run 2", recipe: "bilinear", settings }),
    );
    assert.deepEqual(await settingsOf(`train --config ${config}`), settings);
    const refused = async (content: string, sentence: string) => {
      const bad = await put(folder, "bad.json", content);
      assert.equal((await run(`train --config ${bad}`)).err, `Error: ${sentence.replace("FILE", bad)}\n`);
    };
    await refused(
      '{"optimizer":{"learning":1}}',
      'FILE: There is no setting "optimizer.learning"; the nearest one is "optimizer.lr".',
    );
    await refused('{"recipe":3}', "FILE: recipe is 3; the name of a recipe is expected.");
    await refused("[1]", "FILE holds no object of settings.");
    await refused(
      '{"training":{"epochs":0}}',
      "FILE: training.epochs is 0; a whole number from 1 to 1000000 is expected.",
    );
  }),
);

Deno.test("command line: train without arguments is a run on the sample set with the recipe's own settings", async () => {
  const { calls } = await run("train");
  const request = { recipe: "auto", files: null, settings: {}, maxRows: null };
  assert.deepEqual(calls[0]?.call, {
    kind: "new",
    request,
    out: null,
    named: false,
    documented: false,
    target: null,
    force: false,
    folds: null,
    explain: false,
  });
});

Deno.test("command line: train --resume takes the run, and settings that it may change, and nothing else", async () => {
  assert.deepEqual((await run("train --resume runs/a --quiet")).calls[0]?.call, {
    kind: "resume",
    run: "runs/a",
    added: [],
    changes: [],
    jobs: 1,
  });
  const changed = await run("train --resume runs/a --set optimizer.lr=1e-4 --clip 1");
  assert.deepEqual((changed.calls[0]?.call as { changes: unknown }).changes, [
    ["optimizer.clip", "1", "--clip"],
    ["optimizer.lr", "1e-4", "optimizer.lr"],
  ]);
  const { code, err } = await run("train --resume runs/a --batch-size 8");
  assert.equal(code, 2);
  assert.match(err, /--batch-size cannot be given beside it/);
});

Deno.test("command line: predict and evaluate fill in what was not given", async () => {
  assert.deepEqual((await run("predict --run r --data d.json --round --embeddings e")).calls[0]?.call, {
    run: "r",
    data: "d.json",
    out: null,
    force: false,
    round: true,
    standardDeviation: null,
    columns: [],
    embeddings: "e",
    encoder: null,
    metrics: null,
    shift: { name: "auto", target: null },
    calibrate: "none",
    interval: null,
    saveFeatures: null,
    saveEmbeddings: null,
    weights: null,
  });
  assert.deepEqual(
    (await run(
      "evaluate --run r --data d.json --json --metric-names n.json --metric-embeddings m.npy --shift none " +
        "--calibrate isotonic --interval 0.9",
    )).calls[0]?.call,
    {
      run: "r",
      data: "d.json",
      scores: null,
      embeddings: null,
      encoder: null,
      metrics: { names: "n.json", embeddings: "m.npy", definitions: null },
      shift: { name: "none", target: null },
      calibrate: "isotonic",
      weights: null,
      interval: 0.9,
      json: true,
    },
  );
});

Deno.test("command line: embed and download fill in what was not given", async () => {
  assert.deepEqual(
    (await run("embed --data d.json --out e --max-tokens 64 --normalize false --prefix query: --cache none")).calls,
    [{
      command: "embed",
      call: {
        data: "d.json",
        encoder: "transformers",
        encoding: {
          prefix: "query:",
          prompt: null,
          pooling: "auto",
          normalize: false,
          maxTokens: 64,
          dimensions: null,
          dtype: "auto",
          batchSize: 32,
          device: "auto",
        },
        fields: ["system_prompt", "user_prompt", "response"],
        metricDefinitions: null,
        out: "e",
        cache: null,
        force: false,
      },
    }],
  );
  assert.deepEqual((await run("download")).calls[0]?.call, {
    model: "Xenova/paraphrase-multilingual-mpnet-base-v2",
    dtype: "fp32",
    address: "https://huggingface.co",
  });
});

Deno.test("command line: --encoder is a setting of the run, but for file:, which is --embeddings", async () => {
  const requestOf = async (line: string) => {
    const { calls, err } = await run(line);
    assert.equal(err, "");
    return (calls[0]!.call as { request: { settings: object; files: object | null } }).request;
  };
  const encoder = "transformers:a/b";
  assert.deepEqual((await requestOf(`train --encoder ${encoder}`)).settings, { features: { encoder } });
  assert.deepEqual((await requestOf(`augment --encoder ${encoder}`)).settings, { features: { encoder } });
  const data = "--data d.json --metric-names n --metric-embeddings m";
  const { settings, files } = await requestOf(`train ${data} --encoder file:e`);
  assert.deepEqual(settings, {});
  assert.deepEqual(files, (await requestOf(`train ${data} --embeddings e`)).files);
  assert.deepEqual((await requestOf("train --data d.json --metric-definitions t")).files, {
    data: "d.json",
    metricNames: null,
    metricEmbeddings: null,
    metricDefinitions: "t",
    embeddings: null,
    recover: false,
  });
});

for (const name of ["train", "evaluate", "predict", "recipes", "embed", "download", "sample", "doctor", "serve"]) {
  Deno.test(`command line: ${name} --help names its options, those of every command, and an example`, async () => {
    const { code, out, err, calls } = await run(`${name} --help`);
    assert.equal(code, 0);
    assert.equal(err, "");
    assert.deepEqual(calls, []);
    assert.match(out, new RegExp(`^Usage: deno task ${name} `));
    for (const part of ["--help", "--quiet", "--debug", `\n    deno task ${name}`]) assert.ok(out.includes(part), part);
    for (const line of out.split("\n")) assert.ok(line.length <= 80, line);
  });
}

Deno.test("command line: train --help shows the recipe's defaults", async () => {
  const { out } = await run("train --help");
  for (const [option, value] of [["rank", "128"], ["negatives", "0.1"], ["weights", "sqrt-inverse"]]) {
    assert.match(out, new RegExp(`--${option} [^]*?default: ${value}\\)`));
  }
});

Deno.test("command line: --version is the project's, before and after a command", async () => {
  for (const line of ["--version", "train --version"]) {
    assert.deepEqual(await run(line), { code: 0, out: `${project.version}\n`, err: "", calls: [] });
  }
});

Deno.test("command line: without a command it shows the commands and exits with 2", async () => {
  const { code, out, err } = await run("");
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /^Usage: deno task [^]*\n {2}train /);
});

Deno.test("command line: an expected error is one sentence; --debug shows where it arose", async () => {
  const doctor = () => Promise.reject(new MetrogradError("a.json does not exist."));
  assert.deepEqual(await run("doctor", { doctor }), {
    code: 1,
    out: "",
    err: "Error: a.json does not exist.\n",
    calls: [],
  });
  assert.match((await run("doctor --debug", { doctor })).err, /a\.json does not exist\.\n\s+at .*usage_test\.ts/);
});

Deno.test("command line: an unexpected error says that it is a bug, without its stack", async () => {
  const { code, err } = await run("doctor", { doctor: () => Promise.reject(new TypeError("x is undefined")) });
  assert.equal(code, 1);
  assert.match(err, /^Error: This is a bug in metrograd: TypeError: x is undefined \(--debug .*\)\.\n$/);
});

Deno.test("command line: --debug shows details of the work", async () => {
  const doctor: Actions["doctor"] = (_, terminal) => Promise.resolve(terminal.debug("detail"));
  assert.equal((await run("doctor", { doctor })).err, "");
  assert.equal((await run("doctor --debug", { doctor })).err, "detail\n");
});

Deno.test("command line: --quiet keeps results, warnings and errors", async () => {
  const { out, err } = await run("doctor --quiet", {
    doctor: (_, terminal) => {
      terminal.print("result");
      terminal.note("note");
      terminal.warn("warning");
      return Promise.resolve();
    },
  });
  assert.deepEqual([out, err], ["result\n", "Warning: warning\n"]);
});

Deno.test("command line: an --out that holds something is refused unless forced, an empty folder is not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await refuseExisting(folder, "--out", false);
    await refuseExisting(join(folder, "missing"), "--out", false);
    assert.equal(await nextFree(folder, "run"), `${folder}/run-1`);
    const file = `${folder}/run-1`;
    await Deno.writeTextFile(file, "");
    assert.equal(await nextFree(folder, "run"), `${folder}/run-2`);
    for (const path of [folder, file]) {
      await assert.rejects(refuseExisting(path, "--out", false), {
        name: "UsageError",
        message: `--out ${path} exists already; name another, or add --force to replace it.`,
      });
      await refuseExisting(path, "--out", true);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
