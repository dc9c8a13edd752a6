import assert from "node:assert/strict";
import { type RunDescription, runReadme } from "../../../runs/pages/run_readme.ts";

const description: RunDescription = {
  run: "runs/a",
  recipe: "bilinear",
  call: "train --out runs/a",
  data: [["train rows", "4000"], ["encoder", "hash"]],
  builtInEncoder: true,
  fit: false,
  directions: false,
  givenEmbeddings: false,
  onSample: true,
  refitted: false,
  trained: { epochs: 12, bestEpoch: 9 },
  figures: [{
    set: "validation",
    rows: 1000,
    rmse: 0.61234,
    rmseInterval: [0.58, 0.65],
    mae: 0.4,
    constant: 0.655,
    constantMae: 0.5,
    ridge: null,
    ridgeMae: null,
  }],
  shifts: [{ shift: "em", validation: 0.6, mismatched: 7.5, mixed: null }],
  pytorch: ["for i in range(2):", '    x = w["bilinear.p.weight"]'],
  tensors: [
    { name: "bilinear.p.weight", shape: [768, 128], dtype: "F32" },
    { name: "lin.0.weight", shape: [512, 2304], dtype: "F32" },
    { name: "lin.1.weight", shape: [256, 512], dtype: "F32" },
  ],
};

Deno.test("run README: says how the run was made, what it reached, and lists its tensors", () => {
  const readme = runReadme(description);
  for (
    const part of [
      "    deno task train --out runs/a\n",
      "trained for 12 epochs; the weights are those of epoch 9",
      "| validation | 1000 | 0.6123 | 0.580 to 0.650 |  | 0.6550 | 0.4000 |  | 0.5000 |",
      "| em | 0.600 | 7.500 | - |",
      "| train rows | 4000 |",
      "| `encoder.safetensors` |",
      "| `sample/` |",
      "| `lin.0.weight` | 512 x 2304 | F32 |",
      "1,409,024 numbers in all",
      "deno task predict --run runs/a --data test.json\n",
    ]
  ) assert.ok(readme.includes(part), part);
});

Deno.test("run README: a model that was fitted in closed form has no epochs and no curves", () => {
  const readme = runReadme({ ...description, trained: null });
  assert.match(readme, /fitted in closed form, without epochs/);
  assert.ok(
    !readme.includes("directions.json") && runReadme({ ...description, directions: true }).includes("directions.json"),
  );
  assert.ok(
    !readme.includes("fit.safetensors") && runReadme({ ...description, fit: true }).includes("fit.safetensors"),
  );
  assert.ok(!/epoch \d|curves\.svg/.test(readme));
});

Deno.test("run README: the PyTorch program is the recipe's, and is left out where it has none", () => {
  const readme = runReadme(description);
  assert.ok(readme.includes("for i in range(2):") && readme.includes('w["bilinear.p.weight"]'));
  const plain = runReadme({
    ...description,
    pytorch: null,
    builtInEncoder: false,
    givenEmbeddings: true,
    onSample: false,
    shifts: [],
  });
  assert.ok(!plain.includes("python") && !plain.includes("import torch"));
  assert.ok(!plain.includes("## Shift"));
  assert.ok(plain.includes("--embeddings DIR") && !plain.includes("encoder.safetensors") && !plain.includes("sample/"));
});
