import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../../data/records.ts";
import { Scorer } from "../../runs/scorer.ts";
import { trainRun } from "../../runs/start_run.ts";
import { withFolder } from "../temporary.ts";
import { silent, small, writeInputs } from "./runs.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

Deno.test(
  "stop words: a run that leaves them out of system prompts does so when it scores",
  withFolder(async (folder) => {
    const files = { ...await writeInputs(folder, 40), embeddings: null };
    const [record] = await readRecords(files.data, { scores: "ignored" });
    const prompts = ["You are a tutor", "tutor", "You are a poet"];
    const records = prompts.map((systemPrompt) => ({ ...record!, systemPrompt }));
    for (const dropStopWords of [true, false]) {
      const out = join(folder, String(dropStopWords));
      const settings = { ...small, data: { dropStopWords }, training: { ...small.training, epochs: 1 } };
      await trainRun({ recipe: "bilinear", settings, files, maxRows: null, out }, { engine, reporter: silent });
      const scorer = await Scorer.load(engine, out);
      const { data, dimension } = (await scorer.features(records, { source: "records" })).texts;
      const [a, b, c] = [0, 1, 2].map((row) => data.slice(row * dimension, (row + 1) * dimension));
      assert.equal(a!.every((value, i) => value === b![i]), dropStopWords);
      assert.notDeepEqual(a, c);
      scorer.dispose();
    }
  }),
);
