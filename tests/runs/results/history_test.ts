import assert from "node:assert/strict";
import { join } from "node:path";
import { appendFigures, appendTiming, bestEpoch, keepHistory, readHistory } from "../../../runs/results/history.ts";
import type { EpochFigures } from "../../../data/observer.ts";

const figures = (epoch: number, selection = 1): EpochFigures => ({
  // Another order than the file's.
  gradientNorm: 0.1 + 0.2,
  epoch,
  selection,
  trainLoss: 1 / 3,
  validationRmse: 1e-7,
  mismatchedRmse: epoch % 2 === 0 ? null : 2.5,
  learningRate: 1e-4,
});

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(join(folder, "metrics.jsonl"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("history: figures come back to the same bits, keys in a fixed order", () =>
  inFolder(async (path) => {
    await appendFigures(path, figures(1));
    await appendFigures(path, figures(2));
    assert.deepEqual(await readHistory(path), [figures(1), figures(2)]);
    const [line] = (await Deno.readTextFile(path)).split("\n");
    assert.equal(
      line,
      '{"epoch":1,"trainLoss":0.3333333333333333,"validationRmse":1e-7,"mismatchedRmse":2.5,"selection":1,' +
        '"learningRate":0.0001,"gradientNorm":0.30000000000000004}',
    );
  }));

Deno.test("history: a last line cut short by a kill is left out, and the file goes on after it is cut back", () =>
  inFolder(async (path) => {
    for (const epoch of [1, 2, 3]) await appendFigures(path, figures(epoch));
    const whole = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, whole.slice(0, -5));
    assert.deepEqual((await readHistory(path)).map(({ epoch }) => epoch), [1, 2]);
    assert.deepEqual((await keepHistory(path, 2)).map(({ epoch }) => epoch), [1, 2]);
    await appendFigures(path, figures(3));
    assert.equal(await Deno.readTextFile(path), whole);
  }));

Deno.test("history: epochs after the checkpoint are cut off, and a missing file has none", () =>
  inFolder(async (path) => {
    assert.deepEqual(await keepHistory(path, 5), []);
    for (const epoch of [1, 2]) await appendFigures(path, figures(epoch));
    assert.deepEqual(await keepHistory(path, 1), [figures(1)]);
    assert.deepEqual(await readHistory(path), [figures(1)]);
  }));

Deno.test("history: a damaged line that is not the last is refused by its number", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(path, '{"epoch":1}\n{"epo\n{"epoch":3}\n');
    await assert.rejects(readHistory(path), {
      name: "DataError",
      message: `${path}, line 2 is "{\\"epo"; JSON is expected.`,
    });
  }));

Deno.test("history: timings round to milliseconds", () =>
  inFolder(async (path) => {
    await appendTiming(path, { epoch: 1, seconds: 1.23456, steps: 63, finished: "2026-01-02T03:04:05.000Z" });
    assert.equal(
      await Deno.readTextFile(path),
      '{"epoch":1,"seconds":1.235,"steps":63,"finished":"2026-01-02T03:04:05.000Z"}\n',
    );
  }));

Deno.test("history: the best epoch is the earliest with the lowest selection figure", () => {
  assert.equal(bestEpoch([figures(1, 2), figures(2, 1), figures(3, 1)])?.epoch, 2);
  assert.equal(bestEpoch([]), undefined);
});
