import assert from "node:assert/strict";
import { rotaryTable } from "../../../encoders/network/rotary/rotary_positions.ts";
import { readRotaryScaling } from "../../../encoders/network/rotary/rotary_scaling.ts";

const source = (config: Readonly<Record<string, string | number | boolean>>) => ({ config, path: "config.json" });

/** `rope_parameters`, `max_position_embeddings`, and what transformers 5.24 makes of them for heads of 32 numbers. */
const cases = [
  {
    parameters: { rope_type: "yarn", rope_theta: 1e6, factor: 4, original_max_position_embeddings: 32768 },
    tokens: 131072,
    frequencies: [
      ...[1.0, 0.421696514, 0.177827939, 0.0749894157, 0.0316227786, 0.0133352149, 0.00477990136, 0.00165996165],
      ...[0.000549999997, 0.000168678584, 4.44569851e-05, 1.87473561e-05, 7.90569356e-06, 3.33380353e-06],
      ...[1.40585337e-06, 5.92843435e-07],
    ],
    length: 1.138629436111989,
  },
  {
    parameters: {
      ...{ rope_type: "yarn", rope_theta: 1e4, factor: 40, original_max_position_embeddings: 4096, mscale: 1 },
      ...{ mscale_all_dim: 0.8, beta_fast: 16, beta_slow: 2, truncate: false },
    },
    tokens: 163840,
    frequencies: [
      ...[1.0, 0.562341332, 0.316227764, 0.177827939, 0.100000001, 0.0562341288, 0.0316227786, 0.0150961196],
      ...[0.00579010462, 0.00173821871, 0.000123952457, 4.44569851e-05, 2.49999994e-05, 1.40585325e-05],
      ...[7.90569447e-06, 4.44569832e-06],
    ],
    length: 1.0569662567531275,
  },
  {
    parameters: { rope_type: "yarn", rope_theta: 1e4, factor: 2, attention_factor: 1.5 },
    tokens: 512,
    frequencies: [
      ...[1.0, 0.562341332, 0.293640047, 0.152423948, 0.0785714239, 0.0401672348, 0.0203289278, 0.0101615964],
      ...[0.00499999989, 0.00281170662, 0.00158113893, 0.000889139716, 0.000500000024, 0.000281170651],
      ...[0.000158113893, 8.89139701e-05],
    ],
    length: 1.5,
  },
  {
    parameters: {
      ...{ rope_type: "llama3", rope_theta: 5e5, factor: 8, original_max_position_embeddings: 8192 },
      ...{ low_freq_factor: 1, high_freq_factor: 4 },
    },
    tokens: 131072,
    frequencies: [
      ...[1.0, 0.440366626, 0.193922758, 0.0853971019, 0.0376060307, 0.0165604409, 0.00729266508, 0.00321144611],
      ...[0.000524846022, 7.78465546e-05, 3.42810235e-05, 1.50962178e-05, 6.64786967e-06, 2.92749974e-06],
      ...[1.28917316e-06, 5.6770881e-07],
    ],
    length: 1,
  },
  {
    parameters: { rope_type: "linear", rope_theta: 1e4, factor: 3 },
    tokens: 512,
    frequencies: [
      ...[0.333333343, 0.187447116, 0.105409257, 0.059275981, 0.0333333351, 0.018744709, 0.0105409259, 0.0059275981],
      ...[0.00333333318, 0.00187447108, 0.00105409266, 0.00059275981, 0.000333333359, 0.000187447105],
      ...[0.000105409265, 5.92759789e-05],
    ],
    length: 1,
  },
];

for (const { parameters, tokens, frequencies, length } of cases) {
  Deno.test(`rotary scaling: angles and lengths are transformers', ${JSON.stringify(parameters)}`, () => {
    const scaling = readRotaryScaling(source(parameters), tokens);
    const table = rotaryTable(2, { base: parameters.rope_theta, size: 32, scaling });
    // The second position turns by the frequencies themselves.
    const [cosines, sines] = [table.subarray(32, 48), table.subarray(48)];
    frequencies.forEach((frequency, d) => {
      const turned = Math.hypot(cosines[d]!, sines[d]!);
      assert.ok(Math.abs(turned / length - 1) < 1e-6, `pair ${d} has length ${turned}, not ${length}`);
      const angle = Math.atan2(sines[d]!, cosines[d]!);
      assert.ok(Math.abs(angle / frequency - 1) < 5e-7, `pair ${d} turns by ${angle}, not ${frequency}`);
    });
  });
}

Deno.test("rotary scaling: numbers that a kind needs are expected by name", () => {
  const refused = [
    [{ rope_type: "yarn" }, /"factor" is missing; a positive number/],
    [{ rope_type: "yarn", factor: "4" }, /"factor" is "4"; a positive number/],
    [{ rope_type: "llama3", factor: 8 }, /"low_freq_factor" is missing/],
    [{ rope_type: "longrope", factor: 8 }, /"rope_type" is "longrope"; known are default, linear, yarn, llama3\.$/],
  ] as const;
  for (const [parameters, message] of refused) {
    assert.throws(() => readRotaryScaling(source(parameters), 512), { name: "DataError", message });
  }
  assert.equal(readRotaryScaling(source({ rope_type: "default" }), 512), null);
});
