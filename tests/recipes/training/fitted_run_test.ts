import assert from "node:assert/strict";
import { join } from "node:path";
import type { Observer } from "../../../data/observer.ts";
import { resumeRun } from "../../../runs/resume_run.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { withFolder } from "../../temporary.ts";
import { silent, writeInputs } from "../../runs/runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

const combined = { features: { texts: "combined" }, fit: { name: "none" } } as const;
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test(
  "run in closed form: it has no curves, says that it was fitted, and stopped before the end it is done when resumed",
  withFolder(async (folder) => {
    const request = { recipe: "gaussian-process", files: await writeInputs(folder), settings: combined, maxRows: null };
    const whole = join(folder, "whole"), broken = join(folder, "broken");
    const plans: unknown[] = [], stop = new AbortController();
    const reporter: Observer = { ...silent, start: (plan) => void plans.push(plan) };
    const summary = await trainRun({ ...request, out: whole }, { reporter });
    assert.deepEqual([summary.fitted, summary.finished], [true, true]);
    assert.deepEqual(plans, [{ epochs: 1, epochsDone: 0, fitted: true, history: [] }]);
    assert.equal(await exists(join(whole, "curves.svg")), false);
    assert.match(await Deno.readTextFile(join(whole, "README.md")), /fitted in closed form/);

    const stopping = { ...silent, phase: (name: string) => name === "scoring held-out rows" && stop.abort() };
    const first = await trainRun({ ...request, out: broken }, { reporter: stopping, signal: stop.signal });
    assert.equal(first.finished, false);
    assert.equal(await exists(join(broken, "validation.csv")), false);
    assert.equal((await resumeRun(broken, { engine, reporter: silent })).finished, true);
    for (const name of ["model.safetensors", "validation.csv", "figures.json"]) {
      assert.deepEqual(await Deno.readFile(join(broken, name)), await Deno.readFile(join(whole, name)), name);
    }
  }),
);

Deno.test(
  "run: scores on another scale and records without a response are told of once the data is read",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const records: Record<string, unknown>[] = JSON.parse(await Deno.readTextFile(files.data));
    const rated = records.map((record, i) => ({ ...record, score: 1 + i % 5, ...(i === 6 ? { response: "" } : {}) }));
    await Deno.writeTextFile(files.data, JSON.stringify(rated));
    const said: string[] = [];
    const reporter: Observer = {
      ...silent,
      note: (sentence) => void said.push(sentence),
      warn: (sentence) => void said.push(`warning: ${sentence}`),
      prepared: ({ counts: { train, validation }, weights }) => void said.push(`${train} ${validation} ${weights}`),
    };
    await trainRun({ recipe: "gaussian-process", files, settings: combined, maxRows: null, out: join(folder, "run") }, {
      reporter,
    });
    const own = said.filter((sentence) => sentence.includes(files.data) || /^\d+ \d+ /.test(sentence));
    assert.deepEqual(own, [
      `${files.data}: record 7 has no response; it is judged by the prompt alone.`,
      `warning: ${files.data}: the scores lie between 1 and 5, but a scale from 0 to 10 is expected; another scale is ` +
      "named by --score-range, as 1..5.",
      "80 10 none",
    ]);
  }),
);
