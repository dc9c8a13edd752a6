import assert from "node:assert/strict";
import { join } from "node:path";
import { Engine } from "../../../engine/engine.ts";
import { resumeRun } from "../../../runs/resume_run.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { withFolder } from "../../temporary.ts";
import { silent, small, writeInputs } from "../runs.ts";

const compared = [
  "metrics.jsonl",
  "model.safetensors",
  "checkpoint.safetensors",
  "curves.svg",
  "validation.csv",
  "validation_classes.npy",
  "shift.json",
  "shifted.csv",
];

const listing = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

async function assertSame(a: string, b: string): Promise<void> {
  for (const name of compared) {
    assert.deepEqual(await Deno.readFile(join(a, name)), await Deno.readFile(join(b, name)), `${name} differs`);
  }
}

Deno.test(
  "run: the same seed writes the same bytes, another seed others, and the folder holds what it should",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const request = { recipe: "bilinear", files, maxRows: null };
    const train = (out: string, seed: number) =>
      trainRun({ ...request, settings: { ...small, training: { ...small.training, seed } }, out: join(folder, out) }, {
        reporter: silent,
      });
    const summary = await train("a", 1);
    assert.deepEqual([summary.finished, summary.epochs], [true, 3]);
    assert.deepEqual(summary.figures.map(({ set }) => set), ["validation", "mismatched validation", "near misses"]);
    await train("b", 1);
    await assertSame(join(folder, "a"), join(folder, "b"));
    await train("c", 2);
    assert.notEqual(
      await Deno.readTextFile(join(folder, "a/metrics.jsonl")),
      await Deno.readTextFile(join(folder, "c/metrics.jsonl")),
    );
    const names = listing(join(folder, "a")).map((name) => name.replace(/(?<=tfevents\.)\d{10}/, "SECONDS"));
    assert.deepEqual(names, [
      "README.md",
      "checkpoint.previous.safetensors",
      "checkpoint.safetensors",
      "config.json",
      "curves.svg",
      "environment.json",
      "events.out.tfevents.SECONDS.metrograd",
      "figures.json",
      "metric_embeddings.npy",
      "metric_names.json",
      "metrics.jsonl",
      "mismatched.csv",
      "mismatched_classes.npy",
      "model.safetensors",
      "predicted.svg",
      "ridge.safetensors",
      "shift.json",
      "shifted.csv",
      "timings.jsonl",
      "validation.csv",
      "validation_classes.npy",
    ]);
    assert.match(await Deno.readTextFile(join(folder, "a/README.md")), /`bilinear\.u\.weight` \| 4 x 5/);
  }),
);

Deno.test(
  "run: stopped between two batches of an epoch and resumed, it ends in the bits of an unbroken run",
  withFolder(async (folder) => {
    const files = await writeInputs(folder, 300);
    const request = { recipe: "bilinear", files, settings: small, maxRows: null };
    await trainRun({ ...request, out: join(folder, "whole") }, { reporter: silent });
    const out = join(folder, "broken");
    const stop = new AbortController();
    // Batches are read in blocks of 16 at most: this is in the middle of the second epoch.
    const reporter = { ...silent, step: ({ epoch }: { epoch: number }) => epoch === 2 && stop.abort() };
    const first = await trainRun({ ...request, out }, { reporter, signal: stop.signal });
    assert.deepEqual([first.finished, first.epochs], [false, 1]);
    const second = await resumeRun(out, { reporter: silent });
    assert.deepEqual([second.finished, second.epochs], [true, 3]);
    await assertSame(join(folder, "whole"), out);
  }),
);

Deno.test(
  "run: a second one on its folder is refused, and a folder that is removed ends it in one sentence and is not made again",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), out = join(folder, "run");
    const request = { recipe: "bilinear", files, settings: small, maxRows: null, out };
    const others: Promise<unknown>[] = [];
    const epoch = (figures: { readonly epoch: number }) => {
      if (figures.epoch === 1) {
        const again = trainRun(request, { reporter: silent, force: true });
        others.push(
          ...[resumeRun(out, { reporter: silent }), again].map((other) => other.catch((error) => error.message)),
        );
      } else Deno.removeSync(out, { recursive: true });
    };
    await assert.rejects(
      trainRun(request, { reporter: { ...silent, epoch } }),
      /^MetrogradError: .*run was removed or replaced while it was written to, so that nothing more can be saved there/,
    );
    const refusal =
      `${out} is being written by another process (${Deno.pid}); wait until that is done, or name another folder.`;
    assert.deepEqual(await Promise.all(others), [refusal, refusal]);
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
  }),
);

Deno.test(
  "run: killed before its first checkpoint, it starts again",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const request = { recipe: "bilinear", files, settings: small, maxRows: null };
    await trainRun({ ...request, out: join(folder, "whole") }, { reporter: silent });
    const out = join(folder, "early");
    await trainRun({ ...request, out }, { reporter: silent });
    for (const name of listing(out)) if (name !== "config.json") await Deno.remove(join(out, name));
    await resumeRun(out, { reporter: silent });
    await assertSame(join(folder, "whole"), out);
  }),
);

Deno.test(
  "run: it goes on to read from textures, or not, as it began, and the weights are the same bits",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), out = join(folder, "run"), config = join(out, "config.json");
    await trainRun({ recipe: "bilinear", files, settings: small, maxRows: null, out }, { reporter: silent });
    const weights = await Deno.readFile(join(out, "model.safetensors"));
    const { textureReads, ...others } = JSON.parse(await Deno.readTextFile(config));
    assert.equal(typeof textureReads, "boolean");
    for (const name of listing(out)) await Deno.remove(join(out, name));
    await Deno.writeTextFile(config, JSON.stringify({ ...others, textureReads: !textureReads }));
    await resumeRun(out, { reporter: silent });
    assert.equal(JSON.parse(await Deno.readTextFile(config)).textureReads, !textureReads);
    assert.deepEqual(await Deno.readFile(join(out, "model.safetensors")), weights);
  }),
);

Deno.test(
  "run: no GPU buffer is alive at its end, whether it ran through or was stopped",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const { open } = Engine;
    const alive: string[][] = [];
    Engine.open = async (options) => {
      const engine = await open.call(Engine, options);
      const dispose = engine[Symbol.asyncDispose].bind(engine);
      engine[Symbol.asyncDispose] = async () => {
        alive.push(engine.pool.liveLabels());
        await dispose();
      };
      return engine;
    };
    try {
      const request = { recipe: "bilinear", files, settings: small, maxRows: null };
      await trainRun({ ...request, out: join(folder, "a") }, { reporter: silent });
      await trainRun({ ...request, out: join(folder, "b") }, { reporter: silent, signal: AbortSignal.abort() });
    } finally {
      Engine.open = open;
    }
    assert.deepEqual(alive, [[], []]);
  }),
);

Deno.test(
  "run: does not go on with other data, and leaves nothing where data cannot be used",
  withFolder(async (folder) => {
    const files = await writeInputs(folder);
    const request = {
      recipe: "bilinear",
      files,
      settings: { ...small, training: { epochs: 1 } },
      maxRows: null,
      out: join(folder, "a"),
    };
    await trainRun(request, { reporter: silent });
    await assert.rejects(trainRun(request, { reporter: silent }), /UsageError: .* exists already/);
    const records = JSON.parse(await Deno.readTextFile(files.data));
    await Deno.writeTextFile(files.data, JSON.stringify(records.with(0, { ...records[0], score: 3.25 })));
    await assert.rejects(
      resumeRun(request.out, { reporter: silent }),
      /checkpoint\.safetensors is of other data or settings than those of .*a now/,
    );
    await Deno.writeTextFile(files.data, JSON.stringify(records.with(0, { ...records[0], score: "abc" })));
    const before = await Deno.readFile(join(request.out, "model.safetensors"));
    await assert.rejects(trainRun(request, { reporter: silent, force: true }), /record 1: score is "abc"/);
    assert.deepEqual(await Deno.readFile(join(request.out, "model.safetensors")), before, "the old run is kept");
    await assert.rejects(trainRun({ ...request, out: join(folder, "b") }, { reporter: silent }), /score is "abc"/);
    await assert.rejects(Deno.stat(join(folder, "b")), Deno.errors.NotFound);
    await assert.rejects(
      trainRun({ ...request, out: folder }, { reporter: silent, force: true }),
      /holds something else than a run; it is not replaced/,
    );
  }),
);
