import assert from "node:assert/strict";
import { drawLines } from "../../../reports/live/line_chart.ts";
import { Trace } from "../../../reports/live/live_run.ts";
import { LiveState } from "../../../reports/live/live_state.ts";
import { snapshotOf } from "../../../reports/live/snapshot.ts";
import { trainEpochs } from "./training.ts";

let seconds = 0;
const newState = () => new LiveState(() => {}, () => 1000 * seconds++);
const tableOf = (state: LiveState, id: string) => snapshotOf(state).tables.find((table) => table.id === id)?.rows;
const factOf = (state: LiveState, name: string) => snapshotOf(state).facts.find((fact) => fact.name === name);

Deno.test("watch: a resumed run shows the epochs before it, and which of all is the best", async () => {
  const state = newState();
  await trainEpochs(state.train, [1.5, 2], { done: [3, 1, 2], ends: false });
  assert.deepEqual(tableOf(state, "epochs")!.map(([epoch, , rmse]) => [epoch, rmse]), [
    ["5", "2.0000"],
    ["4", "1.5000"],
    ["3", "2.0000"],
    ["2", "1.0000"],
    ["1", "3.0000"],
  ]);
  assert.deepEqual(factOf(state, "best RMSE"), { name: "best RMSE", value: "1.0000", note: "epoch 2" });
  assert.equal(factOf(state, "epoch")!.value, "5 of 9");
  assert.ok(factOf(state, "time left") && factOf(state, "rate"));
  assert.equal(snapshotOf(state).status, "training, epoch 5 of 9.");
});

Deno.test("watch: folds of an ensemble are rows of a table, those that were done before too", async () => {
  const state = newState();
  const fold = (fold: number) => state.train.run!({ name: `fold ${fold}`, number: fold + 1, of: 3, beside: false })!;
  fold(0);
  const second = fold(1);
  for (const number of [1, 2]) {
    const member = second.run!({ name: `member ${number}`, number, of: 2, beside: false })!;
    await trainEpochs(member, [3, 2], { ends: number === 1 });
  }
  assert.deepEqual(tableOf(state, "runs"), [
    ["fold 0", "done", "0", "", ""],
    ["fold 1, member 1", "done", "2", "2.0000", "4.0000"],
    ["fold 1, member 2", "training", "2", "2.0000", "4.0000"],
  ]);
  assert.equal(snapshotOf(state).status, "fold 1, member 2 (2 of 2): training, epoch 2 of 9.");
});

Deno.test("watch: members that are trained at once are shown side by side", async () => {
  const state = newState();
  const members = [1, 2].map((number) => state.train.run!({ name: `member ${number}`, number, of: 2, beside: true })!);
  await trainEpochs(members[1]!, [3], { ends: false });
  await trainEpochs(members[0]!, [4, 3, 2]);
  assert.deepEqual(tableOf(state, "runs")!.map((row) => row.slice(0, 3)), [
    ["member 1", "done", "3"],
    ["member 2", "training", "1"],
  ]);
});

Deno.test("watch: fine-tuning shows its loss, and that of epochs before it was resumed", async () => {
  const state = newState(), { finetune } = state;
  const counts = { records: 9, texts: 9, heldOut: true, pairs: {}, definitions: 0 };
  const trained = { batches: 4, warmup: 1, trainedTensors: 1, trainedNumbers: 1 };
  finetune.start!({ ...counts, ...trained, epochs: 3, stepsDone: 4, losses: [2] });
  await finetune.step!({ epoch: 2, batch: 4, batches: 4, loss: 1 });
  await finetune.epoch!({ epoch: 2, loss: 1.5, learningRate: 1e-5, gradientNorm: 2 }, true);
  assert.deepEqual(tableOf(state, "epochs"), [["2", "1.5000", "0.00001", "2.0000"], ["1", "2.0000", "", ""]]);
  assert.deepEqual(snapshotOf(state).charts.map(({ id }) => id), ["loss", "learning-rate", "gradient"]);
});

Deno.test("watch: a fit in closed form shows what it is doing instead of curves", () => {
  const state = newState();
  state.train.start!({ epochs: 1, epochsDone: 0, fitted: true });
  state.train.phase!("solving", 1, 3);
  const { status, charts } = snapshotOf(state);
  assert.deepEqual([status, charts], ["solving, 33 %.", []]);
});

Deno.test("watch: long traces are thinned evenly, and their end stays", () => {
  const trace = new Trace();
  for (let i = 0; i < 100_000; i++) trace.add(i, i);
  const { points } = trace, steps = new Set(points.slice(1).map(([x], i) => x - points[i]![0]));
  assert.ok(points.length > 400 && points.length <= 800, `${points.length}`);
  assert.equal(steps.size, 1);
  assert.ok(points.at(-1)![0] > 99_000);
});

Deno.test("watch: a chart has its points where its axes say, and a gap where a value is not finite", () => {
  const shapes = drawLines({
    lines: [{ name: "a", color: "train", points: [[1, 2], [2, NaN], [3, 2.5], [4, 3]] }],
    yTitle: "RMSE",
    xTitle: "epoch",
    wholeX: true,
  });
  const line = shapes.findLast(({ tag, attributes }) => tag === "path" && attributes.stroke === "var(--train)")!;
  const [[x3, y3], [x4, y4]] = line.attributes.d!.slice(1).split("L").map((point) => point.split(" ").map(Number)) as [
    [number, number],
    [number, number],
  ];
  const tick = (text: string) => shapes.find((shape) => shape.text === text)!.attributes;
  assert.deepEqual([x3, x4], [Number(tick("3").x), Number(tick("4").x)]);
  assert.ok(y4 < y3, "more is higher");
  assert.ok(drawLines({ lines: [], yTitle: "", xTitle: "" }).length === 1);
});
