import assert from "node:assert/strict";
import { join } from "node:path";
import { backward } from "../../engine/autograd.ts";
import { cosineSimilarity } from "../../engine/ops/cosine.ts";
import { Adam } from "../../engine/optim/adam.ts";
import { Philox } from "../../kernels/philox.ts";
import { jointEmbeddingTable } from "../../recipes/joint_embedding/config.ts";
import { jointLoss } from "../../recipes/joint_embedding/loss.ts";
import { JointEmbedding } from "../../recipes/joint_embedding/network.ts";
import { jointEmbedding } from "../../recipes/joint_embedding/recipe.ts";
import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import { resolve } from "../../recipes/settings/table.ts";
import { trainRun } from "../../runs/start_run.ts";
import { readValidation } from "../../runs/results/validation_file.ts";
import { testEngine, uniforms } from "../engine/harness.ts";
import { withFolder } from "../temporary.ts";
import { checkParameters } from "./parameter_gradients.ts";
import { silent, writeInputs } from "../runs/runs.ts";

const engine = await testEngine();
const recipe = jointEmbedding.name;
const metrics = 3;

function networkOf(joint: boolean, dropout = 0): JointEmbedding {
  const sizes = { metric: 4, text: 5, projection: 6, hidden: 5, dropout, joint };
  const network = new JointEmbedding({ engine, random: new Philox(5) }, sizes);
  // Biases larger than what the weights give keep every unit on one side of the rectifier.
  for (const mlp of [network.text, network.metric, network.head]) {
    const { bias } = mlp[0]!;
    bias!.assign(Float32Array.from({ length: bias!.size }, (_, i) => i % 3 ? 4 : -4));
  }
  return network;
}

/** Rows under the metrics 0, 1, 2, 0 with scores 9, 2, 5, 0. */
function rowsOf() {
  return {
    text: engine.tensor([4, 5], uniforms(20, 1)),
    metrics: engine.tensor([metrics, 4], uniforms(metrics * 4, 2)),
    metricIndex: engine.indices([4], [0, 1, 2, 0]),
    score: engine.tensor([4], [9, 2, 5, 0]),
    scoreClass: engine.indices([4], [9, 2, 5, 0]),
    weight: engine.tensor([4], [1, 2, 0.5, 1]),
  };
}

for (const [joint, dropout] of [[true, 0], [true, 0.3], [false, 0.3]] as const) {
  const name = `${joint ? "joint space" : "projections"} with dropout ${dropout}`;
  Deno.test(`joint embedding, ${name}: gradients of all parameters equal finite differences`, async () => {
    const network = networkOf(joint, dropout), rows = rowsOf();
    // Texts and metrics that point far apart keep every |e - m| on one side of its kink.
    const apart = (far: number) => Float32Array.from({ length: 6 }, (_, i) => i % 2 ? far : -far);
    network.text[2]!.bias!.assign(apart(4));
    network.metric[2]!.bias!.assign(apart(-4));
    await checkParameters(engine, network, () => {
      engine.random.step = 6;
      engine.random.nextStep();
      return network.forward(rows).score;
    });
    for (const owned of [network, ...Object.values(rows)]) owned.dispose();
  });
}

Deno.test("joint embedding: the loss is that of its formula, row by row", async () => {
  const network = networkOf(true), rows = rowsOf();
  const loss = { lambda: 0.3, temperature: 0.2, pullFrom: 7, pushTo: 2, margin: -0.5 };
  const settings = resolve(jointEmbeddingTable, { loss });
  const found = engine.scope(() => {
    const output = network.forward(rows);
    return [jointLoss(output, rows, settings), output.score, output.text, output.anchors];
  });
  const [value, score, text, anchors] = await engine.read(found) as [Float32Array, ...Float32Array[]];
  const cosine = (row: number, metric: number) =>
    text!.subarray(row * 6, row * 6 + 6).reduce((sum, x, i) => sum + x * anchors![metric * 6 + i]!, 0);
  const entropy = (row: number, metric: number) =>
    -Math.log(
      Math.exp(cosine(row, metric) / 0.2) /
        [0, 1, 2].reduce((sum, other) => sum + Math.exp(cosine(row, other) / 0.2), 0),
    );
  const hinge = (row: number, metric: number) => Math.max(cosine(row, metric) + 0.5, 0) / 0.2;
  const squares = [9, 2, 5, 0].reduce((sum, y, i) => sum + [1, 2, 0.5, 1][i]! * (score![i]! - y) ** 2, 0);
  const expected = (squares + 0.3 * (entropy(0, 0) + hinge(1, 1) + hinge(3, 0))) / 4;
  assert.ok(hinge(1, 1) > 0 && hinge(3, 0) > 0, "both rows are pushed");
  assert.ok(Math.abs(value[0]! - expected) < 1e-4, `${value[0]}, ${expected}`);
  for (const owned of [network, ...Object.values(rows), ...found]) owned.dispose();
});

Deno.test("joint embedding: training pulls high scores to their metric's anchor, pushes low ones away, and tells metrics apart", async () => {
  const network = networkOf(true), rows = { ...rowsOf(), weight: engine.tensor([4], [0, 0, 0, 0]) };
  const settings = resolve(jointEmbeddingTable, { loss: { lambda: 1, pullFrom: 7, pushTo: 2 } });
  const optimizer = new Adam(network.parameters(), { lr: 0.01 });
  const cosines = async () => {
    const [cosine, log] = await engine.read(engine.scope(() => {
      const { text, metric } = network.forward(rows);
      return [cosineSimilarity({ x: text, y: metric }), network.metricLogProbabilities(rows, 0.07)];
    }));
    return { cosine: cosine!, log: log! };
  };
  const before = await cosines();
  for (let step = 0; step < 40; step++) {
    engine.scope(() => {
      const loss = jointLoss(network.forward(rows), rows, settings);
      optimizer.zeroGrad();
      backward(loss);
      optimizer.step();
    });
  }
  const after = await cosines();
  assert.ok(after.log[0]! > Math.max(before.log[0]!, Math.log(0.9)), "row 0 names its metric");
  for (const low of [1, 3]) assert.ok(after.cosine[low]! < Math.max(before.cosine[low]!, 0.05), `row ${low}`);
  const sums = [0, 1, 2, 3].map((row) => [0, 1, 2].reduce((sum, i) => sum + Math.exp(after.log[row * 3 + i]!), 0));
  assert.ok(sums.every((sum) => Math.abs(sum - 1) < 1e-5), "probabilities of the metrics sum to 1");
  for (const owned of [optimizer, network, ...Object.values(rows)]) owned.dispose();
});

Deno.test("joint embedding: bounds of scores that overlap are refused", () => {
  assert.throws(
    () => settingsOf(recipeNamed(recipe), { loss: { pullFrom: 4, pushTo: 4 } }),
    /loss.pushTo is 4; less than loss.pullFrom, 4, is expected\./,
  );
});

for (const approach of ["joint-space", "projections"] as const) {
  Deno.test(
    `joint embedding, ${approach}: the same seed writes the same model, and scores lie in their range`,
    withFolder(async (folder) => {
      const files = await writeInputs(folder);
      const settings = {
        model: { approach, projection: 8, hidden: 8 },
        training: { epochs: 2, batchSize: 16 },
      };
      for (const run of ["a", "b"]) {
        const { finished } = await trainRun({ recipe, files, settings, maxRows: null, out: join(folder, run) }, {
          engine,
          reporter: silent,
        });
        assert.ok(finished);
      }
      const read = (run: string) => Deno.readFile(join(folder, run, "model.safetensors"));
      assert.deepEqual(await read("a"), await read("b"));
      for (const { predicted } of await readValidation(join(folder, "a", "validation.csv"))) {
        assert.ok(predicted >= 0 && predicted <= 10);
      }
    }),
  );
}
