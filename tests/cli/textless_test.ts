import assert from "node:assert/strict";
import { join } from "node:path";
import { predict } from "../../cli/commands/predict.ts";
import { readScores } from "../../data/submission.ts";
import { trainRun } from "../../runs/start_run.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { withFolder } from "../temporary.ts";
import { recordingTerminal } from "./harness.ts";

for (
  const [recipe, settings] of [
    ["bilinear", small],
    ["gaussian-process", { model: { searchRows: 30 } }],
  ] as const
) {
  Deno.test(
    `predict, ${recipe}: records without texts are scored by their metric, in their places, and trained on by none`,
    withFolder(async (folder) => {
      const files = { ...await writeInputs(folder, 60), embeddings: null };
      const records = JSON.parse(await Deno.readTextFile(files.data));
      const textless = { metric_name: "metric 1", user_prompt: "", response: null, score: 3 };
      const all = [records[0], textless, records[1], { ...textless, metric_name: "metric 2" }, records[2]];
      await Deno.writeTextFile(files.data, JSON.stringify([textless, ...records]));
      const notes: string[] = [], run = join(folder, "run");
      const reporter = { ...silent, note: (sentence: string) => notes.push(sentence) };
      await trainRun({ recipe, settings, files, maxRows: null, out: run }, { reporter });
      assert.ok(
        notes.some((note) => note.endsWith("record 1 has neither a user_prompt nor a response; it is left out.")),
      );

      const { terminal, written } = recordingTerminal();
      const scores = async (name: string, records: unknown) => {
        const data = join(folder, `${name}.json`), out = join(folder, `${name}.csv`);
        await Deno.writeTextFile(data, JSON.stringify(records));
        const call = {
          run,
          data,
          out,
          force: false,
          round: false,
          standardDeviation: null,
          embeddings: null,
          encoder: null,
        };
        const shift = { name: "none", target: null } as const;
        await predict(
          { ...call, columns: [], metrics: null, shift, calibrate: "none", interval: null, saveFeatures: null },
          terminal,
        );
        return await readScores(out, {});
      };
      const found = await scores("some", all);
      assert.match(written.err, /2 records, the first of them record 2, have neither .* scored by the metric alone\./);
      assert.ok(found.every((score) => score >= 0 && score <= 10));
      const others = await scores("others", [records[0], records[1], records[2]]);
      [0, 2, 4].forEach((at, i) => assert.ok(Math.abs(found[at]! - others[i]!) < 1e-4, `${found} and ${others}`));
    }),
  );
}
