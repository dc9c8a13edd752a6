import assert from "node:assert/strict";
import { testEngine } from "../../engine/harness.ts";
import { withFolder } from "../../temporary.ts";
import cases from "./rotary.json" with { type: "json" };
import { compareRotary, type RotaryCase, writeRotaryFolder } from "./rotary_cases.ts";

const engine = await testEngine();

for (const [name, one] of Object.entries(cases as unknown as Readonly<Record<string, RotaryCase>>)) {
  Deno.test(
    `rotary encoder: hidden states, rows and gradients are transformers', ${name}`,
    withFolder(async (folder) => {
      await writeRotaryFolder(folder, one);
      const { hidden, rows, gradient, worst } = await compareRotary(engine, folder, one);
      assert.ok(hidden < 5e-6, `hidden states differ by ${hidden}`);
      assert.ok(rows < 5e-6, `rows differ by ${rows}`);
      assert.ok(gradient < 2e-5, `gradients differ by ${gradient}, those of ${worst}`);
    }),
  );
}

Deno.test(
  "rotary encoder: products of operands in f16 are near those in f32, there and back",
  { ignore: !engine.capabilities.shaderF16 },
  withFolder(async (folder) => {
    const one = cases.gemma3 as unknown as RotaryCase;
    await writeRotaryFolder(folder, one);
    const { hidden, gradient, worst } = await compareRotary(engine, folder, one, "f16");
    assert.ok(hidden > 1e-5 && hidden < 1e-2, `hidden states differ by ${hidden}`);
    assert.ok(gradient < 5e-2, `gradients differ by ${gradient}, those of ${worst}`);
  }),
);
