import assert from "node:assert/strict";
import { join } from "node:path";
import { put } from "../temporary.ts";
import { bytesOf, call, embeddings, parse, refused, withFiles } from "./bad_files.ts";

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
    assert.match((await call("predict", predict)).err, /scores\.csv, in place of an earlier submission\./);
    await put(folder, "out/notes.csv", "precious");
    const other = { ...predict, "--out": join(folder, "out/notes.csv") };
    await refused("predict", other, /--out .*notes\.csv exists already; .* --force/, 2);
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
      /embeddings lacks user_prompt\.npy, which the layout "prompt-response" .* needs; --set features\.texts=combined does without\.$/,
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
