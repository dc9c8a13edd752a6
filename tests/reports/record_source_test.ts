import assert from "node:assert/strict";
import { recordSource } from "../../reports/report/record_source.ts";
import { put, withFolder } from "../temporary.ts";

Deno.test(
  "record source: records of a run that may not take much memory are those of one that may, and a changed one is told",
  withFolder(async (folder) => {
    const records = [7, 2, 9, 4].map((score, i) => ({
      metric_name: "tone",
      user_prompt: `p ${i}`,
      response: "r",
      score,
    }));
    const data = await put(folder, "train.json", JSON.stringify(records));
    const files = { data, metricNames: null, metricEmbeddings: null, embeddings: "e", recover: false };
    const notes: string[] = [], source = recordSource((note) => notes.push(note));
    const rows = [{ record: 3, score: 4 }, { record: 1, score: 2 }].map((row) => ({
      ...{ ...row, predicted: 0, standardDeviation: null },
    }));
    const found = await source({ files: { ...files, memory: 1e6 } }, rows, folder);
    assert.deepEqual(found!.map(({ userPrompt }) => userPrompt), ["p 3", "p 1"]);
    assert.deepEqual(await source({ files }, rows, folder), found);
    assert.equal(await source({ files: { ...files, memory: 1e6 } }, [{ ...rows[0]!, score: 5 }], folder), null);
    assert.match(notes.join(), /record 4 of .*train\.json is not the one with score 5/);
  }),
);
