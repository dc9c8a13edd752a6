import assert from "node:assert/strict";
import { formatExplanation } from "../../cli/output/explanation.ts";
import { explainTraining } from "../../runs/explain.ts";
import { configOf } from "../../runs/configure.ts";
import { withFolder } from "../temporary.ts";
import { silent, small, widths, writeInputs } from "./runs.ts";

Deno.test(
  "explain: layers, shapes, parameters, memory and the cost of a step, and nothing is written",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const before = [...Deno.readDirSync(folder)].length;
    const config = configOf({ recipe: "bilinear", files, settings: small, maxRows: null });
    const explained = await explainTraining(config, silent);
    const { layers, operations, parameters, memory, step, rows } = explained;
    const { text, metric } = widths, [first, second] = small.model.hidden, { rank } = small.model;
    const features = text + 2 * metric;
    const weights = {
      "bilinear.u": rank * metric,
      "bilinear.v": rank * text,
      "bilinear.p": metric * rank,
      "lin.0": first * features + first,
      "lin.1": second * first + second,
      "norm.0": 2 * first,
      "norm.1": 2 * second,
      head: 2 * second + 2,
    };
    assert.deepEqual(Object.fromEntries(layers.map(({ path, parameters }) => [path, parameters])), weights);
    assert.equal(parameters, Object.values(weights).reduce((sum, count) => sum + count, 0));
    assert.deepEqual(layers.find(({ path }) => path === "lin.0")!.tensors, [
      { name: "weight", shape: [first, features] },
      { name: "bias", shape: [first] },
    ]);
    assert.equal(memory.parameters, parameters * 4 * 4, "values, gradients and Adam's two moments");
    const { batchSize } = small.training;
    assert.equal(
      step.multiplyAdds,
      batchSize * (rank * (2 * metric + text) + first * features + second * first + 2 * second),
    );
    assert.deepEqual(operations.at(-1), { name: "heteroscedastic_loss", shape: [], multiplyAdds: 0 });
    assert.equal(rows.batchesPerEpoch, Math.ceil((rows.train + rows.added[0]![1]) / batchSize));
    assert.ok(step.seconds > 0);
    assert.match(formatExplanation(explained), /lin\.0 +Linear +weight \[16, 16\] +272/);
    const added = { ...explained, rows: { ...rows, train: 80, added: [["copies", 40], ["negatives", 120]] as const } };
    assert.match(formatExplanation(added), /together +240, 3\.0 times the records/);
    assert.match(
      formatExplanation({ ...added, step: { ...step, seconds: 9 / rows.batchesPerEpoch } }),
      /added +3\.0 s/,
    );
    assert.equal([...Deno.readDirSync(folder)].length, before);
  }),
);

Deno.test(
  "explain: a recipe in closed form has numbers, and neither steps nor an optimiser",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const explained = await explainTraining(
      configOf({ recipe: "gaussian-process", files, settings: { features: { texts: "combined" } }, maxRows: null }),
      silent,
    );
    const { layers, memory, parameters } = explained;
    const numbers = layers.flatMap(({ tensors }) => tensors).reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    assert.ok(numbers > widths.text * 50, "the texts that it leans on are among them");
    assert.equal(parameters, numbers);
    assert.equal(memory.parameters, 4 * numbers);
    const shown = formatExplanation(explained);
    assert.match(shown, /Fitted in closed form/);
    assert.doesNotMatch(shown, /parameters|optimiser|steps in an epoch|multiply-adds/);
    assert.ok(shown.split("\n").every((line) => line.length <= 80), shown);
  }),
);
