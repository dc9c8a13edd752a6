/**
 * `deno task test:spark`: scores a Parquet data set on a local cluster of Apache Spark, one of whose two executors is
 * killed meanwhile, and compares the scores with those of `predict`. Needs Java 17 and a Python (`PYSPARK_PYTHON`, else
 * python3) with pyspark, pandas and pyarrow; where there is none it says so and ends well.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { parquetWriteBuffer } from "hyparquet-writer";
import { readRecords } from "../../data/records.ts";
import { trainRun } from "../../runs/start_run.ts";
import { silent, small, writeInputs } from "../../tests/runs/runs.ts";

const python = Deno.env.get("PYSPARK_PYTHON") ?? "python3";
const cli = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const command = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check", "--allow-all", cli];

async function output(words: readonly string[]): Promise<string> {
  const [program = "", ...args] = words;
  const env = { PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python };
  const { code, stdout, stderr } = await new Deno.Command(program, { args, env }).output();
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

const found = await output([python, "-c", "import pandas, pyarrow, pyspark; print(pyspark.__version__)"])
  .catch(() => null);
if (found === null) {
  console.log(`Skipped: ${python} has no pyspark with pandas and pyarrow; PYSPARK_PYTHON names another.`);
  Deno.exit(0);
}
const folder = await Deno.makeTempDir({ prefix: "metrograd_spark_" });
try {
  const files = { ...await writeInputs(folder, 120), embeddings: null }, at = (name: string) => join(folder, name);
  await trainRun({ recipe: "bilinear", settings: small, files, maxRows: null, out: at("run") }, { reporter: silent });
  const records = await readRecords(files.data, { scores: "ignored" });
  const column = (name: string, data: (string | null)[]) => ({ name, data, type: "STRING" as const, nullable: true });
  await Deno.mkdir(at("data"));
  // Many small files, so that there are tasks to do on each worker.
  for (let from = 0; from < records.length; from += 20) {
    const some = records.slice(from, from + 20);
    const columnData = [
      column("id", some.map((_, i) => String(from + i))),
      column("metric_name", some.map(({ metric }) => metric)),
      column("system_prompt", some.map(({ systemPrompt }) => systemPrompt)),
      column("user_prompt", some.map(({ userPrompt }) => userPrompt)),
      column("response", some.map(({ response }) => response)),
    ];
    const path = join(at("data"), `${String(from).padStart(4, "0")}.parquet`);
    await Deno.writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData })));
  }
  await output([
    ...command,
    "predict",
    "--run",
    at("run"),
    "--data",
    files.data,
    "--shift",
    "none",
    "--out",
    at("all.csv"),
  ]);
  const whole = (await Deno.readTextFile(at("all.csv"))).trimEnd().split("\n").slice(1).map((line) => line.split(","));
  const script = fileURLToPath(new URL("kill_executor.py", import.meta.url));
  const said = await output([python, script, at("run"), at("data"), at("scored"), command.join(" ")]);
  assert.match(said, /executors killed: 1/);
  const rows: Record<string, unknown>[] = [];
  for await (const { name } of Deno.readDir(at("scored"))) {
    if (!name.endsWith(".parquet")) continue;
    const file = (await Deno.readFile(join(at("scored"), name))).buffer;
    rows.push(...await parquetReadObjects({ file, compressors }));
  }
  const scores = rows.map(({ id, score }) => [String(Number(id) + 1), String(score)]);
  assert.deepEqual(scores.toSorted(([a], [b]) => Number(a) - Number(b)), whole);
  console.log(`Spark ${found.trim()}: ${rows.length} rows with the scores of predict, one of two executors killed.`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
