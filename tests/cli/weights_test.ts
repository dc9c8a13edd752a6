import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { evaluate } from "../../cli/commands/evaluate.ts";
import { predict } from "../../cli/commands/predict.ts";
import type { EpochFigures } from "../../data/observer.ts";
import { readNpyMatrix } from "../../data/files/npy.ts";
import { writeSafetensors } from "../../engine/files/write_safetensors.ts";
import { openWeights } from "../../engine/files/weights_file.ts";
import { fromDocument } from "../../recipes/bilinear/document_weights.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { trainRun } from "../../runs/start_run.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { put, withFolder } from "../temporary.ts";
import { run } from "./harness.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

const document = fileURLToPath(new URL("../engine/pytorch/document_004.pth", import.meta.url));

Deno.test(
  "predict: scores by weights of another file, document 004's own among them, and saves embeddings that a run trains on",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 60), trained = join(folder, "run");
    const settings = { ...small, model: { hidden: [4, 3], bilinear: "full" } };
    await trainRun({ recipe: "bilinear", settings, files, maxRows: null, out: trained }, { engine, reporter: silent });
    // Each epoch is measured by true score: the parts make up the whole.
    const lines = (await Deno.readTextFile(join(trained, "metrics.jsonl"))).trimEnd().split("\n");
    const { validationRmse, accuracy, byScore } = JSON.parse(lines.at(-1)!) as Required<EpochFigures>;
    const rows = byScore.reduce((sum, one) => sum + one.rows, 0);
    assert.ok(rows > 5 && byScore.every((one) => one.rows > 0));
    const squares = byScore.reduce((sum, one) => sum + one.rows * one.rmse ** 2, 0);
    assert.ok(Math.abs(Math.sqrt(squares / rows) - validationRmse) < 1e-9);
    assert.equal(accuracy * rows, Math.round(accuracy * rows));
    const data = `--run ${trained} --data ${files.data} --embeddings ${files.embeddings} --shift none`;
    const scored = async (options: string, name: string) => {
      const { code, err } = await run(`predict ${data} --out ${folder}/${name}.csv ${options}`, { predict });
      return { code, err, csv: code === 0 ? await Deno.readTextFile(join(folder, `${name}.csv`)) : "" };
    };
    const embeddings = join(folder, "learnt");
    const own = await scored(`--save-embeddings ${embeddings}`, "own");
    assert.equal((await scored(`--weights ${trained}/model.safetensors`, "same")).csv, own.csv);
    assert.equal((await scored(`--weights ${trained}/checkpoint.safetensors`, "last")).code, 0);

    const given = await scored(`--weights ${document}`, "document");
    assert.equal(given.code, 0, given.err);
    assert.match(given.err, /The weights are those of .*document_004\.pth; what the run knows of its held-out rows/);
    assert.notEqual(given.csv, own.csv);
    using file = await openWeights(document);
    const named = new Map<string, { dtype: "F32"; shape: readonly number[]; data: Float32Array<ArrayBuffer> }>();
    for (const [name, { shape, read }] of fromDocument(file.tensors)) {
      named.set(name, { dtype: "F32", shape, data: await read(0, shape.reduce((a, b) => a * b, 1)) });
    }
    assert.deepEqual(named.get("head.weight")!.shape, [2, 3]);
    assert.deepEqual(
      [...named.get("head.bias")!.data],
      [
        ...await file.tensors.get("mean_head.bias")!.read(0, 1),
        ...await file.tensors.get("logvar_head.bias")!.read(0, 1),
      ],
    );
    await writeSafetensors(join(folder, "named.safetensors"), named);
    assert.equal((await scored(`--weights ${folder}/named.safetensors`, "named")).csv, given.csv);

    const measured = await run(`evaluate ${data} --json --weights ${document}`, { evaluate });
    assert.equal(measured.code, 0, measured.err);
    const odd = await scored(`--weights ${await put(folder, "odd.pth", "PK\u0003\u0004 and no more")}`, "odd");
    assert.equal(odd.code, 1);
    assert.match(odd.err, /odd\.pth is no whole ZIP archive: its end is missing/);

    const { rows: saved, columns } = await readNpyMatrix(join(embeddings, "text.npy"));
    assert.deepEqual([saved, columns], [60, 3]);
    const again = join(folder, "again"), learnt = { ...files, embeddings };
    await trainRun({ recipe: "scml", settings: tiny, files: learnt, maxRows: null, out: again }, {
      engine,
      reporter: silent,
    });
    const { inputs } = await new RunFolder(again).readConfig();
    assert.equal(inputs!.textDimension, 3);
    const line =
      `predict --run ${again} --data ${files.data} --embeddings ${embeddings} --save-embeddings ${folder}/phi`;
    assert.equal((await run(line, { predict })).code, 0);
    assert.equal((await readNpyMatrix(join(folder, "phi", "text.npy"))).columns, 4);
  }),
);

const tiny = { training: { epochs: 1 }, model: { pca: 4, bases: 4, triplets: 50, hidden: [4] } };
