import assert from "node:assert/strict";
import { join } from "node:path";
import { writeNpy } from "../../data/npy.ts";
import { main } from "../../cli/main.ts";
import { small, widths, writeInputs } from "../models/runs.ts";
import { put, withFolder } from "../temporary.ts";
import { recordingTerminal } from "./harness.ts";

interface Files {
  readonly folder: string;
  /** Options of `train`, by name. */
  readonly train: Record<string, string>;
  /** Options of `predict` on the same records with a trained run. */
  readonly predict: Record<string, string>;
}

/** Calls a command with options; true stands for an option without a value. */
async function call(command: string, options: Record<string, string | true>) {
  const args = Object.entries(options).flatMap(([name, value]) => value === true ? [name] : [name, value]);
  const { terminal, written } = recordingTerminal();
  return { code: await main([command, ...args], terminal), ...written };
}

/** Asserts that a command fails with one sentence, and that nothing is written where it was to write. */
async function refused(
  command: string,
  options: Record<string, string | true>,
  sentence: RegExp,
  code = 1,
): Promise<void> {
  const [out] = /^.*[\\/]out\b/.exec((options["--out"] ?? options["--resume"]) as string)!;
  const there = () => [...Deno.readDirSync(out)].map(({ name }) => name).sort();
  const before = there();
  const result = await call(command, options);
  const errors = result.err.split("\n").filter((line) => line.startsWith("Error: "));
  assert.equal(errors.length, 1, result.err);
  assert.match(errors[0]!, sentence);
  assert.match(errors[0]!, /^Error: [^\n]*[.?]$/);
  assert.ok(result.err.trimEnd().endsWith(errors[0]!), `something follows the sentence: ${result.err}`);
  assert.doesNotMatch(result.err, /\bat \S+:\d+:\d+|bug in metrograd/);
  assert.equal(result.code, code, result.err);
  assert.deepEqual(there(), before, "nothing half-written");
}

function withFiles(body: (files: Files) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const { data, metricNames, metricEmbeddings, embeddings } = await writeInputs(folder);
    const inputs = { "--data": data, "--embeddings": embeddings! };
    await Deno.mkdir(join(folder, "out"));
    const train = {
      ...inputs,
      "--metric-names": metricNames,
      "--metric-embeddings": metricEmbeddings,
      "--hidden": small.model.hidden.join(),
      "--rank": "4",
      "--epochs": "1",
      "--out": join(folder, "out/run"),
    };
    const predict = { ...inputs, "--run": join(folder, "out/run"), "--out": join(folder, "out/scores.csv") };
    await body({ folder, train, predict });
  });
}

/** A test of inputs that `train` refuses: the option that is bad, and how its file is made. */
function trainRefuses(
  what: string,
  option: string,
  sentence: RegExp,
  make: (folder: string, good: Uint8Array<ArrayBuffer>) => Promise<string> | string,
): void {
  Deno.test(
    `bad input: ${what}`,
    withFiles(async ({ folder, train }) => {
      const good = await Deno.readFile(train[option]!).catch(() => new Uint8Array());
      await refused("train", { ...train, [option]: await make(folder, good) }, sentence);
    }),
  );
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

/** Makes a file of records in which the seventh is changed. */
const withSeventh = (change: Record<string, unknown>) => (folder: string, good: Uint8Array) => {
  const records = parse(good);
  return put(folder, "bad.json", JSON.stringify(records.with(6, { ...records[6], ...change })));
};

/** Makes a folder of text embeddings of a number of rows, with a value put into the ninth row. */
const embeddings = (rows: number, value = 1) => async (folder: string) => {
  const data = new Float32Array(rows * widths.text).fill(1);
  data[8 * widths.text] = value;
  await Deno.mkdir(join(folder, "bad"));
  await writeNpy(join(folder, "bad/text.npy"), data, [rows, widths.text]);
  return join(folder, "bad");
};

for (const option of ["--data", "--metric-names", "--metric-embeddings", "--embeddings"]) {
  trainRefuses(
    `${option} is missing`,
    option,
    /none does not exist; .* is expected there\.$/,
    (folder) => join(folder, "none"),
  );
}
trainRefuses(
  "JSON cut in the middle",
  "--data",
  /damaged at byte 4000: .*; \d+ whole records before it can be saved with --recover\.$/,
  (folder, good) => put(folder, "bad.json", good.subarray(0, 4000)),
);
trainRefuses(
  "no JSON at all",
  "--data",
  /bad\.json is no JSON array of records: /,
  (folder) => put(folder, "bad.json", "metric,score\n"),
);
trainRefuses("an empty file", "--data", /bad\.json is empty\.$/, (folder) => put(folder, "bad.json", ""));
trainRefuses(
  "an empty data set",
  "--data",
  /bad\.json has no records; at least one is expected\.$/,
  (folder) => put(folder, "bad.json", "[]"),
);
trainRefuses(
  "one row",
  "--data",
  /bad\.json holds 1 record; training needs at least two\.$/,
  (folder, good) => put(folder, "bad.json", JSON.stringify(parse(good).slice(0, 1))),
);
trainRefuses(
  "a score that is no number",
  "--data",
  /record 7: score is "abc"; a number from 0 to 10 is expected\.$/,
  withSeventh({ score: "abc" }),
);
trainRefuses(
  "a score out of range",
  "--data",
  /record 7: score is 12; a number from 0 to 10 is expected\.$/,
  withSeventh({ score: 12 }),
);
trainRefuses(
  "a missing score",
  "--data",
  /record 7: score is missing; a number from 0 to 10 is expected\.$/,
  withSeventh({ score: undefined }),
);
trainRefuses(
  "a metric without embedding",
  "--data",
  /record 7: the metric "metric 33" has no embedding; the nearest name that has one is "metric 3"\.$/,
  withSeventh({ metric_name: "metric 33" }),
);
trainRefuses(
  "a metric that is named twice",
  "--metric-names",
  /bad\.json names "b" twice, as number 2 and 4\.$/,
  (folder) => put(folder, "bad.json", '["a", "b", "c", "b"]'),
);
trainRefuses(
  "more metrics than embeddings",
  "--metric-names",
  /metric_embeddings\.npy has 4 rows, but .*bad\.json names 5 metrics\.$/,
  (folder) => put(folder, "bad.json", '["a", "b", "c", "d", "e"]'),
);
trainRefuses(
  "fewer embedding rows than records",
  "--embeddings",
  /text\.npy has 89 rows, but .*train\.json has 90 records\.$/,
  embeddings(89),
);
trainRefuses("NaN in an embedding", "--embeddings", /text\.npy has NaN in row 9, column 1/, embeddings(90, NaN));
trainRefuses(
  "an .npy file that is cut",
  "--metric-embeddings",
  /bad\.npy/,
  (folder, good) => put(folder, "bad.npy", good.subarray(0, good.length - 3)),
);
trainRefuses(
  "an .npy file that is none",
  "--metric-embeddings",
  /bad\.npy/,
  (folder) => put(folder, "bad.npy", "x".repeat(200)),
);

Deno.test(
  "bad input: UTF-16 and Latin-1 are decoded with a note, and --recover trains on the records before the damage",
  withFiles(async ({ folder, train }) => {
    const text = (await Deno.readTextFile(train["--data"]!)).replaceAll("question", "Frage für");
    const utf16 = new Uint8Array(Uint16Array.from(`\ufeff${text}`, (character) => character.charCodeAt(0)).buffer);
    const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const cases: [Uint8Array, RegExp, RegExp][] = [
      [utf16, /is UTF-16 text; it was decoded as such\./, /sample weights/i],
      [latin1, /was decoded as/, /sample weights/i],
      [
        bytesOf(text).subarray(0, 6000),
        /damaged at byte 6000: .*; only the \d+ whole records before it are used/,
        /first \d+ of 90 rows are used/,
      ],
    ];
    for (const [bytes, note, further] of cases) {
      const data = await put(folder, "train_2.json", bytes);
      const { code, err } = await call("train", { ...train, "--data": data, "--recover": true, "--force": true });
      assert.equal(code, 0, err);
      assert.match(err, note);
      assert.match(err, further);
    }
  }),
);

Deno.test(
  "bad input: calls that cannot be carried out end with code 2 and leave what is there",
  withFiles(async ({ folder, train }) => {
    const unknown = { ...train, "--epoch": "3" };
    await refused("train", unknown, /Unknown option '--epoch'; did you mean --epochs\?$/, 2);
    await refused(
      "train",
      { ...train, "--recipe": "bilinaer" },
      /--recipe is "bilinaer"; bilinear .*\(did you mean bilinear\?\)\.$/,
      2,
    );
    await refused("train", { ...train, "--epochs": "0" }, /--epochs is "0"; a whole number from 1 to/, 2);
    const note = await put(folder, "out/note.txt", "precious");
    await refused("train", { ...train, "--out": join(folder, "out") }, /out exists already; .* --force/, 2);
    const force = { ...train, "--out": join(folder, "out"), "--force": true } as const;
    await refused("train", force, /out holds something else than a run; it is not replaced\.$/, 2);
    await refused(
      "train",
      { ...train, "--out": note, "--force": true },
      /note\.txt is a file; a folder is expected\.$/,
      2,
    );
    assert.equal(await Deno.readTextFile(note), "precious");
    await refused("train", { ...train, "--out": join(note, "run") }, /note\.txt.* could not be written: /);
  }),
);

Deno.test(
  "bad input: predict works on one row and refuses what does not fit its run, or a damaged run",
  withFiles(async ({ folder, train, predict }) => {
    const run = join(folder, "out/run");
    const trained = await call("train", train);
    assert.equal(trained.code, 0, trained.err);
    const records = parse(await Deno.readFile(train["--data"]!));
    const one = await put(folder, "one.json", JSON.stringify(records.slice(0, 1)));
    const oneRow = await embeddings(1)(folder);
    const good = await call("predict", { ...predict, "--data": one, "--embeddings": oneRow });
    assert.equal(good.code, 0, good.err);
    assert.match(await Deno.readTextFile(predict["--out"]!), /^ID,score\n1,\d+(\.\d+)?\n$/);
    await refused("predict", predict, /--out .*scores\.csv exists already; .* --force/, 2);
    await Deno.remove(predict["--out"]!);

    const { "--embeddings": _, ...raw } = predict;
    await refused("predict", raw, /trained on embeddings \(text\); --embeddings is missing\.$/);
    await refused("predict", { ...predict, "--data": one }, /text\.npy has 90 rows, but one\.json has 1 record/);
    await refused(
      "predict",
      { ...predict, "--run": folder },
      /config\.json does not exist; the config of a run is expected there\.$/,
    );

    const model = join(run, "model.safetensors"), checkpoint = join(run, "checkpoint.safetensors");
    const config = join(run, "config.json");
    const damaged = async (path: string, change: (good: Uint8Array) => Uint8Array, sentence: RegExp) => {
      const good = await Deno.readFile(path);
      await Deno.writeFile(path, change(good));
      if (path === checkpoint) await refused("train", { "--resume": run }, sentence);
      else await refused("predict", predict, sentence);
      await Deno.writeFile(path, good);
    };
    const replace = (from: string | RegExp, to: string) => (good: Uint8Array) =>
      bytesOf(new TextDecoder().decode(good).replace(from, to));
    const text = () => bytesOf("These are my weights, are they not?");
    const cut = (good: Uint8Array) => good.subarray(0, good.length - 10);
    await damaged(model, text, /model\.safetensors is not a safetensors file: /);
    await damaged(model, cut, /model\.safetensors is truncated: /);
    await damaged(
      config,
      replace(/"hidden": \[\s*16,/, '"hidden": [12,'),
      /model\.safetensors: "lin\.0\.weight" is \[16, 16\], but the model expects \[12, 16\]\.$/,
    );
    await damaged(
      config,
      replace('"rank": 4', '"rank": 0'),
      /model\.safetensors holds "bilinear\.p\.weight", which this model does not have\.$/,
    );
    await damaged(
      config,
      replace(/"hidden": \[[^\]]*\]/, '"hidden": "wide"'),
      /config\.json is damaged: model\.hidden is "wide"; a list of whole numbers from 1 to 65536 is expected\.$/,
    );
    await damaged(
      config,
      replace('"rank": 4', '"rank": null'),
      /config\.json is damaged: model\.rank is null; a whole number from/,
    );
    await damaged(
      config,
      replace("metrograd run 2", "metrograd run 1"),
      /run is a run of another version: "metrograd run 1" instead of "metrograd run 2"; train it again\.$/,
    );
    await damaged(
      config,
      replace('"lr":', '"learningRate":'),
      /config\.json is damaged: There is no setting "optimizer\.learningRate"; the nearest one is "optimizer\.\w+"\.$/,
    );
    await damaged(
      config,
      replace('"recipe": "bilinear"', '"recipe": "linear"'),
      /damaged: The recipe is "linear"; .*bilinear/,
    );
    await damaged(config, replace(/"inputs": \{[^}]*\}/, '"inputs": {}'), /config\.json is damaged: /);
    await damaged(config, cut, /config\.json is not valid JSON: /);
    await damaged(checkpoint, cut, /checkpoint\.safetensors is truncated: /);
    await damaged(checkpoint, text, /checkpoint\.safetensors is not a safetensors file: /);
    await damaged(checkpoint, () => Deno.readFileSync(model), /checkpoint\.safetensors is no checkpoint: /);
  }),
);

Deno.test(
  "bad input: a recipe refuses what it cannot do, in training and in prediction",
  withFiles(async ({ folder, train, predict }) => {
    const { "--rank": _, ...options } = train;
    const residual = { ...options, "--recipe": "residual-mlp" };
    await refused(
      "train",
      residual,
      /embeddings lacks user_prompt\.npy, which the layout "prompt-response" .* needs\.$/,
    );
    await refused(
      "train",
      { ...residual, "--rank": "4" },
      /--rank sets model\.rank, which .* residual-mlp does not have/,
      2,
    );
    const trained = await call("train", { ...residual, "--set": "features.texts=combined" });
    assert.equal(trained.code, 0, trained.err);
    await refused(
      "predict",
      { ...predict, "--spread": true },
      /run says nothing of how sure it is; leave --spread out\.$/,
      2,
    );
    const resumed = await call("train", { "--resume": join(folder, "out/run") });
    assert.equal(resumed.code, 0, resumed.err);
    const scored = await call("predict", predict);
    assert.equal(scored.code, 0, scored.err);
  }),
);
