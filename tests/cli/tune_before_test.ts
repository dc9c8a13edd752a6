import assert from "node:assert/strict";
import { join } from "node:path";
import { train } from "../../cli/commands/train.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { writeTinyEncoder } from "../encoders/network/tiny_encoder.ts";
import { put, withFolder } from "../temporary.ts";
import { run } from "./harness.ts";

Deno.test(
  "train --finetune-encoder: tunes the encoder once, trains on it, and uses it as it is the next time",
  withFolder(async (folder) => {
    await writeTinyEncoder(join(folder, "base"), "bert");
    const records = ["the answer is short", "short ?", "the short answer", "is the answer short", "a b c", "c b a"];
    const data = await put(
      folder,
      "train.json",
      JSON.stringify(
        records.map((response, i) => ({ metric_name: `m${i % 2}`, user_prompt: "a b", response, score: i })),
      ),
    );
    const tuned = join(folder, "tuned");
    const call = async (out: string) =>
      await run(
        `train --recipe bilinear --data ${data} --encoder gpu:${folder}/base --finetune-encoder ${tuned} --epochs 1 ` +
          `--hidden 4 --rank 2 --batch-size 4 --out ${folder}/${out}`,
        { train },
      );
    const first = await call("a");
    assert.equal(first.code, 0, first.err);
    const { config } = await new RunFolder(join(folder, "a")).readConfig();
    assert.equal(config.settings.features.encoder, `gpu:${tuned}`);
    const weights = await Deno.readFile(join(tuned, "model.safetensors"));
    const second = await call("b");
    assert.equal(second.code, 0, second.err);
    assert.match(second.err, /The encoder that was tuned before, in .*tuned, is used; remove it to tune again/);
    assert.deepEqual(await Deno.readFile(join(tuned, "model.safetensors")), weights);
  }),
);

Deno.test("train --finetune-encoder: needs records and an encoder of the engine's own", async () => {
  for (const words of ["", "--data a.json", "--data a.json --encoder hash"]) {
    const { code, err } = await run(`train --recipe bilinear ${words} --finetune-encoder t`);
    assert.equal(code, 2);
    assert.match(err, /--finetune-encoder needs --data and --encoder gpu:FOLDER beside it/);
  }
});
