import assert from "node:assert/strict";
import { join } from "node:path";
import { readRecords } from "../../data/records.ts";
import { Philox } from "../../kernels/philox.ts";
import { ResidualMlp } from "../../recipes/residual_mlp/network.ts";
import { Scorer } from "../../runs/scorer.ts";
import type { GivenSettings } from "../../recipes/settings/shared.ts";
import { trainRun } from "../../runs/start_run.ts";
import { testEngine, uniforms } from "../engine/harness.ts";
import { withFolder } from "../temporary.ts";
import { checkParameters } from "./parameter_gradients.ts";
import { assertResumesToTheSameBits, silent, writeInputs } from "../runs/runs.ts";

const engine = await testEngine();
const recipe = "residual-mlp";
const settings = {
  model: { hidden: [16, 8] },
  features: { texts: "combined" },
  training: { epochs: 3, batchSize: 16 },
} as const satisfies GivenSettings;

for (const dropout of [0, 0.3]) {
  Deno.test(`residual mlp with dropout ${dropout}: gradients of all parameters equal finite differences`, async () => {
    const network = new ResidualMlp({ engine, random: new Philox(5) }, { inputs: 3, hidden: [6, 4], dropout });
    // Shifts larger than what a batch norm gives keep every unit on one side of the rectifier.
    network.bn.forEach(({ bias }) => bias.assign(Float32Array.from({ length: bias.size }, (_, i) => i % 3 ? 4 : -4)));
    const x = engine.tensor([5, 3], uniforms(15, 1));
    await checkParameters(engine, network, () => {
      engine.random.step = 6;
      engine.random.nextStep();
      return network.forward(x);
    });
    for (const owned of [network, x]) owned.dispose();
  });
}

Deno.test("residual mlp: in evaluation a row's score does not depend on the rows beside it", async () => {
  const network = new ResidualMlp({ engine, random: new Philox(5) }, { inputs: 3, hidden: [6, 4], dropout: 0.3 });
  const values = uniforms(15, 2), x = engine.tensor([5, 3], values), second = engine.tensor([1, 3], values.slice(3, 6));
  engine.scope(() => void network.forward(x));
  network.eval();
  const scores = [x, second].map((rows) => engine.scope(() => network.forward(rows)));
  const [all, one] = await engine.read(scores);
  assert.ok(Math.abs(all![1]! - one![0]!) < 1e-6);
  for (const owned of [network, x, second, ...scores]) owned.dispose();
});

Deno.test(
  "residual mlp: stopped and resumed, a run ends in the bits of an unbroken one, running statistics included",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 300);
    const request = { recipe, files, settings, maxRows: null };
    await assertResumesToTheSameBits(folder, request, { engine });
  }),
);

Deno.test(
  "residual mlp: a run on prompt, response and metric ends in a scorer of records",
  withFolder(async (folder) => {
    const files = { ...await writeInputs(folder), embeddings: null }, out = join(folder, "run");
    const { features: _, ...others } = settings;
    await trainRun({ recipe, files, settings: others, maxRows: null, out }, { engine, reporter: silent });
    const scorer = await Scorer.load(engine, out);
    const records = await readRecords(files.data, { scores: "ignored" });
    const { score } = await scorer.predict(await scorer.features(records, { source: files.data }));
    assert.ok(score.length === 90 && score.every((value) => value >= 0 && value <= 10));
    scorer.dispose();
  }),
);
