import assert from "node:assert/strict";
import { BilinearLowRank } from "../../engine/nn/bilinear_low_rank.ts";
import { Philox } from "../../kernels/philox.ts";
import { bilinearTable } from "../../recipes/bilinear/config.ts";
import { BilinearNetwork } from "../../recipes/bilinear/network.ts";
import { bilinear } from "../../recipes/bilinear/recipe.ts";
import { resolve } from "../../recipes/settings/table.ts";
import { testEngine, uniforms } from "../engine/harness.ts";
import { checkParameters } from "./parameter_gradients.ts";

const engine = await testEngine();
/** Large enough that the bilinear form weighs as much as the rest. */
const inputs = (count: number, seed: number) => uniforms(count, seed).map((value) => 4 * value);

Deno.test("bilinear low rank: gradients of U, V and P equal finite differences", async () => {
  const form = new BilinearLowRank({ engine, random: new Philox(3) }, 4, 5, 3, 2);
  const x1 = engine.tensor([3, 4], uniforms(12, 1)), x2 = engine.tensor([3, 5], uniforms(15, 2));
  await checkParameters(engine, form, () => form.forward(x1, x2));
  for (const owned of [form, x1, x2]) owned.dispose();
});

for (const [form, rank, dropout] of [["rank", 2, 0], ["rank", 2, 0.3], ["rank", 0, 0.3], ["full", 2, 0.3]] as const) {
  const name = `bilinear network, ${form === "full" ? "full form" : `rank ${rank}`}, with dropout ${dropout}`;
  Deno.test(`${name}: gradients of all parameters equal finite differences`, async () => {
    const sizes = { metric: 3, text: 4, form, rank, hidden: [6, 5], dropout, outputs: 2 };
    const network = new BilinearNetwork({ engine, random: new Philox(5) }, sizes);
    // Shifts larger than what a layer norm gives keep every unit on one side of the rectifier.
    network.norm.forEach(({ bias }) => bias.assign(Float32Array.from({ length: bias.size }, (_, i) => i % 3 ? 4 : -4)));
    const metric = engine.tensor([3, 3], inputs(9, 1)), text = engine.tensor([3, 4], inputs(12, 2));
    await checkParameters(engine, network, () => {
      engine.random.step = 6;
      engine.random.nextStep();
      return network.forward(metric, text);
    });
    for (const owned of [network, metric, text]) owned.dispose();
  });
}

Deno.test("bilinear network: evaluation draws nothing and repeats its bits", async () => {
  const sizes = { metric: 3, text: 4, rank: 2, hidden: [6], dropout: 0.5, outputs: 2 };
  const network = new BilinearNetwork({ engine, random: new Philox(5) }, sizes).eval();
  const metric = engine.tensor([3, 3], uniforms(9, 1)), text = engine.tensor([3, 4], uniforms(12, 2));
  const outputs = [0, 1].map(() => engine.scope(() => network.forward(metric, text)));
  const [first, second] = await engine.read(outputs);
  assert.deepEqual(first, second);
  for (const owned of [network, metric, text, ...outputs]) owned.dispose();
});

Deno.test("bilinear: the PyTorch program leaves the bilinear form out where there is none", () => {
  const program = (rank: number, form = "rank") => {
    const settings = resolve(bilinearTable, { model: { rank, bilinear: form } });
    return bilinear.pytorch!(settings).join("\n");
  };
  assert.ok(program(2).includes('w["bilinear.p.weight"]'));
  assert.ok(program(2, "full").includes('F.bilinear(m, t, w["bilinear.weight"]'));
  assert.ok(program(0).includes("x = torch.cat([m, t], dim=1)") && !program(0).includes("bilinear.p"));
});
