import assert from "node:assert/strict";
import { join } from "node:path";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import { openEncoder } from "../../../encoders/open_encoder.ts";
import { testEngine } from "../../engine/harness.ts";
import { encodingOptions } from "../../fake_encoder.ts";
import { withFolder } from "../../temporary.ts";
import { writeHead, writeTinyEncoder } from "./tiny_encoder.ts";

Deno.test(
  "gpu encoder: a folder's vectors by the name of an encoder are those of the encoder itself, pooled as it says or as asked",
  withFolder(async (folder) => {
    const path = join(folder, "tiny"), texts = ["the answer is short", "a ab"];
    await writeTinyEncoder(path, "bert");
    await writeHead(path, { pooling: "cls_token" });
    const engine = await testEngine();
    for (const pooling of ["auto", "mean"] as const) {
      await using found = await openEncoder(`gpu:${path}`, { ...encodingOptions, pooling, maxTokens: 6 });
      using own = await SentenceEncoder.open(engine, path, {
        pooling: pooling === "auto" ? "cls" : "mean",
        normalize: true,
        maxTokens: 6,
      });
      assert.deepEqual([found.dimension, found.maxTokens, found.fingerprint], [12, 6, own.fingerprint]);
      assert.deepEqual(await found.encode(texts), await own.encode(texts));
    }
  }),
);

Deno.test(
  "gpu encoder: forms of weights and devices that the engine does not have are refused, and a folder without weights",
  withFolder(async (folder) => {
    const open = (options: object) => openEncoder(`gpu:${folder}`, { ...encodingOptions, ...options });
    await assert.rejects(open({ dtype: "q8" }), {
      name: "UsageError",
      message: /computes in fp32 or fp16; q8 is asked for\.$/,
    });
    await assert.rejects(open({ device: "cuda" }), { name: "UsageError", message: /on webgpu; cuda is asked for\.$/ });
    await assert.rejects(open({}), { name: "DataError", message: /config\.json does not exist/ });
    await writeTinyEncoder(folder, "bert");
    await Deno.remove(join(folder, "model.safetensors"));
    await assert.rejects(open({}), { name: "DataError", message: /model\.safetensors/ });
  }),
);
