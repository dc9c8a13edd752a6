import assert from "node:assert/strict";
import { curvesSvg } from "../../../runs/pages/curves.ts";
import type { EpochFigures } from "../../../data/observer.ts";
import { linearScale } from "../../../runs/pages/scale.ts";

const history = Array.from({ length: 30 }, (_, i): EpochFigures => ({
  epoch: i + 1,
  trainLoss: 2 * Math.exp(-i / 8) - 0.5,
  validationRmse: 0.6 + 0.001 * (i - 20) ** 2,
  mismatchedRmse: 2 + 1 / (i + 1),
  selection: 0.6 + 0.001 * (i - 20) ** 2,
  learningRate: 1e-4,
  gradientNorm: 1,
}));

/** Texts of the elements, after checking that tags nest and that nothing is left unescaped or not a number. */
function texts(svg: string): string[] {
  const open: string[] = [];
  for (const [, end, name, empty] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[\w:-]+="[^"<&]*")*\s*(\/?)>/g)) {
    if (end) assert.equal(open.pop(), name);
    else if (!empty) open.push(name!);
  }
  assert.deepEqual(open, []);
  const rest = svg.replace(/<\/?[a-z]+(?:\s[\w:-]+="[^"<&]*")*\s*\/?>/g, "");
  assert.doesNotMatch(rest, /[<>]|&(?!amp;|lt;|gt;|quot;)/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/);
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, content]) => content!);
}

Deno.test("curves: a panel a figure, the constant predictor and the best epoch named in each", () => {
  const shown = texts(curvesSvg(history, { title: "a run", constant: { validation: 0.9, mismatched: 7.1 } }));
  for (const name of ["a run", "Validation RMSE", "Mismatched RMSE", "Training loss", "best: epoch 21, 0.600"]) {
    assert.ok(shown.includes(name), name);
  }
  assert.equal(shown.filter((content) => content === "constant predictor").length, 2);
  assert.ok(shown.includes("0.900") && shown.includes("7.100"));
});

Deno.test("curves: errors by true score are lines of one panel, each named at its end", () => {
  const byScore = [0, 9, 10].map((score) => ({ score, rows: 5, rmse: 2 - score / 10 }));
  const shown = texts(curvesSvg(history.map((figures) => ({ ...figures, byScore })), { title: "a run" }));
  assert.ok(shown.includes("Validation RMSE by true score"));
  for (const { score } of byScore) assert.ok(shown.includes(String(score)), `${score}`);
});

Deno.test("curves: what was not measured has no panel, and one epoch or none is drawn too", () => {
  const plain = history.map((figures) => ({ ...figures, mismatchedRmse: null }));
  assert.ok(!texts(curvesSvg(plain, { title: "t" })).includes("Mismatched RMSE"));
  assert.ok(texts(curvesSvg(plain.slice(0, 1), { title: "t" })).includes("best: epoch 1, 1.000"));
  assert.ok(texts(curvesSvg([], { title: "t" })).includes("No epoch is done yet."));
});

Deno.test("curves: the same history gives the same text, and a title may hold any sign", () => {
  const options = { title: `<&"run">`, constant: { validation: 0.9, mismatched: null } };
  const svg = curvesSvg(history, options);
  assert.equal(curvesSvg(structuredClone(history), options), svg);
  assert.ok(texts(svg).includes("&lt;&amp;&quot;run&quot;&gt;"));
});

Deno.test("scale: ticks are round, inside the axis, and written with the decimals they need", () => {
  const ticks = (low: number, high: number, count: number, leastStep = 0) => {
    const scale = linearScale(low, high, { range: [0, 100], count, leastStep });
    return scale.ticks.map(scale.format);
  };
  assert.deepEqual(ticks(0.61, 0.69, 4), ["0.62", "0.64", "0.66", "0.68"]);
  assert.deepEqual(ticks(-1, 1, 4), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
  assert.deepEqual(ticks(1, 3, 12, 1), ["1", "2", "3"]);
  assert.deepEqual(ticks(0, 1000, 5), ["0", "200", "400", "600", "800", "1000"]);
  const scale = linearScale(2, 4, { range: [10, 0], count: 2 });
  assert.deepEqual([2, 3, 4].map(scale.at), [10, 5, 0]);
});
