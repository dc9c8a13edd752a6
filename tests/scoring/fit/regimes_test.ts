import assert from "node:assert/strict";
import { pairAccuracy } from "../../../scoring/fit/calibration.ts";
import { fitFromFile, fitToFile } from "../../../scoring/fit/fit_file.ts";
import { misfitShares } from "../../../scoring/shift/misfit_share.ts";
import { fitOn, plantTexts } from "./planted.ts";

Deno.test("fit model: metrics that training lacked are judged by texts that lie where their embeddings say", async () => {
  const set = plantTexts({ added: 8, sizes: [900, 200, 400] });
  const { model } = await fitOn(set), { regimes: { seen, unseen } } = model.state;
  assert.ok(seen.informative && seen.accuracy > 0.9, `${seen.accuracy}`);
  assert.ok(unseen.informative && unseen.accuracy > 0.75, `${unseen.accuracy}`);
  assert.deepEqual(unseen.calibration.slopes.map((slope) => slope > 0), [false, false, true]);
  const isAdded = (metric: number) => metric >= 22;
  const added = [...set.test.text.keys()].filter((row) => isAdded(set.test.metric[row]!));
  const rows = (move: number) => ({
    text: Uint32Array.from(added, (row) => set.test.text[row]!),
    metric: Uint32Array.from(added, (row) => 22 + (set.test.metric[row]! - 22 + move) % 8),
  });
  const fitting = await model.evidence(set, rows(0), set.table),
    swapped = await model.evidence(set, rows(3), set.table);
  assert.ok(fitting.regime.every((one) => one === 1));
  const accuracy = pairAccuracy(fitting.ratio, swapped.ratio);
  assert.ok(accuracy > 0.75, `${accuracy}`);
});

Deno.test("fit model: where evidence is strong for metrics of training and nil for others, scores of the others stay as they are", async () => {
  const set = plantTexts({ related: false, added: 8, sizes: [900, 200, 400] });
  const { model } = await fitOn(set), { regimes: { seen, unseen } } = model.state;
  assert.ok(seen.informative && seen.accuracy > 0.9, `${seen.accuracy}`);
  assert.ok(!unseen.informative, `${unseen.accuracy}`);
  // Half of the metrics are swapped, those of training among each other and the others as well.
  const swap = (metric: number, row: number) =>
    row % 2 === 0 ? metric : metric < 22 ? (metric + 7) % 22 : 22 + (metric - 22 + 3) % 8;
  const rows = { text: set.test.text, metric: set.test.metric.map(swap) };
  const evidence = await model.evidence(set, rows, set.table);
  const given = Float32Array.from(rows.text, (_, row) => 7 + row % 3 + 0.1);
  for (const shift of ["none", "em", "bbse", "auto"] as const) {
    const shares = misfitShares(model, evidence, shift);
    assert.equal(shares[1], 0);
    model.mix(given, evidence, shares).forEach((score, row) => {
      if (rows.metric[row]! >= 22) assert.equal(score, given[row], `row ${row}`);
    });
    if (shift === "none") continue;
    assert.ok(Math.abs(shares[0] - 0.5) < 0.12, `${shift}: ${shares[0]}`);
  }
});

Deno.test("fit model: texts that say nothing of their metric, and metrics that go with every text, are no evidence", async () => {
  const set = plantTexts({ related: false });
  set.texts.data.forEach((_, at, data) => data[at] = set.random.normal());
  assert.ok(!(await fitOn(set)).model.informative);
  // Every metric is known for every text: there is nothing to swap.
  const all = new Set(set.metric), judged = plantTexts();
  assert.ok((await fitOn(judged)).model.informative);
  const none = (await fitOn(judged, undefined, () => all)).model;
  assert.ok(!none.informative && none.state.regimes.seen.heldOut.length === 0);
});

Deno.test("fit model: where the held-out rows have metrics of their own, train rows take turns at being held out", async () => {
  const set = plantTexts({ related: false, sizes: [900, 200, 400] }), isOwn = (metric: number) => metric >= 24;
  const all = { text: Uint32Array.of(...set.train.text, ...set.heldOut.text), metric: set.metric };
  const part = (wanted: (metric: number) => boolean) => {
    const text = all.text.filter((one) => wanted(set.metric[one]!));
    return { text, metric: text.map((one) => set.metric[one]!) };
  };
  const { model } = await fitOn({ ...set, train: part((one) => !isOwn(one)), heldOut: part(isOwn) });
  const { regimes: { seen, unseen } } = model.state;
  assert.ok(seen.informative && seen.accuracy > 0.9 && seen.heldOut.length > 600, `${seen.accuracy}`);
  assert.ok(!unseen.informative);
  const test = [...set.test.text.keys()].filter((row) => !isOwn(set.test.metric[row]!));
  const rows = (move: number) => ({
    text: Uint32Array.from(test, (row) => set.test.text[row]!),
    metric: Uint32Array.from(test, (row) => (set.test.metric[row]! + move) % 24),
  });
  const [fitting, swapped] = await Promise.all(
    [0, 7].map(async (move) => (await model.evidence(set, rows(move), set.table)).ratio),
  );
  assert.ok(pairAccuracy(fitting!, swapped!) > 0.9);
});

Deno.test("fit model: a file keeps it, and fitted again to the same rows it is the same", async () => {
  const set = plantTexts({ added: 4 });
  const { model } = await fitOn(set), kept = fitFromFile(fitToFile(model), "fit.safetensors");
  const wanted = await model.evidence(set, set.test, set.table), found = await kept.evidence(set, set.test, set.table);
  assert.deepEqual(found.regime, wanted.regime);
  wanted.ratio.forEach((one, row) => assert.ok(Math.abs(Math.log(found.ratio[row]! / one)) < 1e-3, `row ${row}`));
  assert.deepEqual(kept.state.regimes.seen.calibration, model.state.regimes.seen.calibration);
  assert.throws(() => fitFromFile({ tensors: new Map(), metadata: {} }, "fit.safetensors"), { name: "DataError" });

  const metrics = { data: set.table.embeddings, dimension: set.table.dimension };
  assert.deepEqual(fitToFile(await model.refit(set, set.train, metrics)), fitToFile(model));
  const both = {
    text: Uint32Array.of(...set.train.text, ...set.heldOut.text),
    metric: Uint32Array.of(...set.train.metric, ...set.heldOut.metric),
  };
  const more = await model.refit(set, both, metrics);
  assert.deepEqual(more.state, model.state);
  assert.notDeepEqual(fitToFile(more).tensors, fitToFile(model).tensors);
});
