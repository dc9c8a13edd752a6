import assert from "node:assert/strict";
import { join } from "node:path";
import { Engine } from "../../engine/engine.ts";
import { trainRun } from "../../runs/start_run.ts";
import { writeTinyEncoder } from "../encoders/network/tiny_encoder.ts";
import { withFolder } from "../temporary.ts";
import { silent, small, writeInputs } from "./runs.ts";

Deno.test(
  "run: its encoder, its training and its measuring share one engine",
  withFolder(async (folder) => {
    const { data } = await writeInputs(folder), base = join(folder, "base"), out = join(folder, "run");
    await writeTinyEncoder(base, "bert");
    const files = { data, metricNames: null, metricEmbeddings: null, embeddings: null, recover: false };
    const settings = { ...small, features: { encoder: `gpu:${base}` } }, { open } = Engine;
    let opened = 0;
    Engine.open = (...options) => {
      opened++;
      return open.apply(Engine, options);
    };
    try {
      await trainRun({ recipe: "bilinear", files, settings, maxRows: 30, out }, { reporter: silent, cache: null });
    } finally {
      Engine.open = open;
    }
    assert.equal(opened, 1);
  }),
);
