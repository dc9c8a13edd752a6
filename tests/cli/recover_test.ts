import assert from "node:assert/strict";
import { join } from "node:path";
import { compare } from "../../cli/commands/compare.ts";
import { embed } from "../../cli/commands/embed.ts";
import { evaluate } from "../../cli/commands/evaluate.ts";
import { predict } from "../../cli/commands/predict.ts";
import { readNpyMatrix } from "../../data/files/npy.ts";
import { trainRun } from "../../runs/start_run.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { put, withFolder } from "../temporary.ts";
import { run } from "./harness.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

Deno.test(
  "--recover: of a damaged file the records before the damage keep their IDs, and what is missing is said",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 60), trained = join(folder, "run");
    await trainRun({ recipe: "bilinear", settings: small, files, maxRows: null, out: trained }, {
      engine,
      reporter: silent,
    });
    const whole = await Deno.readTextFile(files.data), records: { score: string }[] = JSON.parse(whole);
    const cut = await put(folder, "cut.json", whole.slice(0, whole.indexOf(JSON.stringify(records[41]!)) + 20));
    const actions = { predict, evaluate, compare, embed };
    const call = async (line: string) => await run(`${line} --embeddings ${files.embeddings}`, actions);
    const refused = await call(`predict --run ${trained} --data ${cut}`);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /41 whole records before it can be saved with --recover\.$/m);

    await call(`predict --run ${trained} --data ${files.data} --shift none --out ${folder}/whole.csv`);
    const saved = await call(`predict --run ${trained} --data ${cut} --shift none --out ${folder}/cut.csv --recover`);
    assert.equal(saved.code, 0, saved.err);
    assert.match(saved.err, /the IDs 1 to 41 are its first records, and all from 42 on are missing/);
    const lines = async (name: string) => (await Deno.readTextFile(join(folder, name))).trimEnd().split("\n");
    assert.deepEqual(await lines("cut.csv"), (await lines("whole.csv")).slice(0, 42));

    const scores = await put(
      folder,
      "scores.csv",
      `ID,score\n${records.map(({ score }, i) => `${i + 1},${score}`).join("\n")}\n`,
    );
    const measured = await call(`evaluate --run ${trained} --data ${cut} --scores ${scores} --json --recover`);
    assert.equal(measured.code, 0, measured.err);
    assert.match(measured.err, /the records 42 to 60, which .*scores\.csv has, are missing/);
    assert.equal(JSON.parse(measured.out).rows, 41);
    const compared = await call(`compare ${trained} --data ${cut} --scores ${scores} --json --recover`);
    assert.equal(compared.code, 0, compared.err);
    assert.equal(JSON.parse(compared.out)[0].test.rmse, JSON.parse(measured.out).rmse);

    const several = await call(`predict --run ${trained} --data ${cut} --data ${files.data} --recover`);
    assert.equal(several.code, 1);
    assert.match(several.err, /give the files one by one, so that their records keep their numbers/);

    const embedded = join(folder, "embedded");
    const { code, err } = await run(
      `embed --data ${cut} --encoder hash --fields response --out ${embedded} --recover`,
      actions,
    );
    assert.equal(code, 0, err);
    assert.equal((await readNpyMatrix(join(embedded, "response.npy"))).rows, 41);
  }),
);

Deno.test("--recover: finetune and convert take it, and compare needs --data beside it", async () => {
  for (const line of ["finetune --data a.json --encoder gpu:m --out t", "convert --data a.json --out b.json"]) {
    const { code, calls } = await run(`${line} --recover`);
    assert.equal(code, 0, line);
    const { request, ...call } = calls[0]!.call as { request?: { reading: object }; reading?: object };
    assert.deepEqual(request?.reading ?? call.reading, { recover: true });
  }
  assert.match((await run("compare runs/a --recover")).err, /--recover needs --data beside it/);
});
