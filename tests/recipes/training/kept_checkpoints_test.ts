import assert from "node:assert/strict";
import { join } from "node:path";
import { readCheckpoint } from "../../../recipes/training/checkpoint.ts";
import { previousCheckpoint, restoreKept } from "../../../recipes/training/kept_checkpoints.ts";
import { resumeRun } from "../../../runs/resume_run.ts";
import { trainRun } from "../../../runs/start_run.ts";
import { withFolder } from "../../temporary.ts";
import { silent, small, writeInputs } from "../../runs/runs.ts";
import { testEngine } from "../../engine/harness.ts";

const engine = await testEngine();

/** A file's bytes with the lowest bit of one turned over. */
function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const other = bytes.slice();
  other[at]! ^= 1;
  return other;
}

Deno.test(
  "checkpoint: a damaged or foreign one is refused by name, the one before it is used, and the run ends in the same bits",
  withFolder(async (folder) => {
    const files = await writeInputs(folder), out = join(folder, "run"), other = join(folder, "other");
    const request = { recipe: "bilinear", files, settings: small, maxRows: null };
    await trainRun({ ...request, out }, { engine, reporter: silent });
    const lower = { ...small, training: { epochs: 1 } };
    await trainRun({ ...request, settings: lower, out: other }, { engine, reporter: silent });
    const names = ["checkpoint.safetensors", "checkpoint.previous.safetensors", "model.safetensors", "metrics.jsonl"];
    const wanted = await Promise.all(names.map((name) => Deno.readFile(join(out, name))));
    const path = join(out, names[0]!), [good, before, model] = wanted as [Uint8Array, Uint8Array, Uint8Array];

    const text = new TextDecoder("latin1").decode(good);
    const digest = text.indexOf('"sha256":"') + 10, version = text.indexOf("checkpoint 3") + 11;
    const damages: [string, Uint8Array, RegExp][] = [
      ["cut short", good.subarray(0, good.length - 9), /is truncated/],
      ["cut within its header", good.subarray(0, 300), /is truncated/],
      ["empty", new Uint8Array(), /is not a safetensors file/],
      ["a bit of a weight", flipped(good, good.length - 5), /is damaged: the checksum/],
      ["a bit of its checksum", flipped(good, digest + 7), /is damaged: the checksum/],
      ["a bit of the checksum's name", flipped(good, digest - 4), /is damaged: the checksum/],
      ["a bit that makes it one of an earlier version", flipped(good, version), /is damaged: the checksum/],
      ["a run's model", model, /is no checkpoint: /],
    ];
    for (const [name, bytes, message] of damages) {
      await Deno.writeFile(path, bytes);
      await Deno.writeFile(previousCheckpoint(path), before);
      const used: string[] = [], notes: string[] = [];
      const restore = (one: string) => readCheckpoint(one, () => Promise.resolve(void used.push(one)));
      assert.equal(await restoreKept(path, restore, (sentence) => notes.push(sentence)), true);
      assert.deepEqual(used, [previousCheckpoint(path)], name);
      assert.match(notes.join(), message, name);
      assert.ok(notes[0]!.startsWith(path) && notes[0]!.endsWith(" The checkpoint before it is used."), name);
      assert.deepEqual(await Deno.readFile(path), before, `${name}: it takes the damaged one's place`);
    }

    for (const bytes of [await Deno.readFile(join(other, names[0]!)), flipped(good, good.length - 5), null]) {
      await (bytes ? Deno.writeFile(path, bytes) : Deno.remove(path));
      await Deno.writeFile(previousCheckpoint(path), before);
      const warnings: string[] = [];
      await resumeRun(out, { reporter: { ...silent, warn: (sentence) => void warnings.push(sentence) } });
      const refusals = warnings.filter((sentence) => sentence.startsWith(path));
      assert.equal(refusals.length, bytes ? 1 : 0, "killed between two renames there is nothing to refuse");
      for (const [i, name] of names.entries()) {
        assert.deepEqual(await Deno.readFile(join(out, name)), wanted[i], `${name} differs`);
      }
    }
    for (const one of [path, previousCheckpoint(path)]) await Deno.writeFile(one, good.subarray(0, 1000));
    await assert.rejects(resumeRun(out, { engine, reporter: silent }), /checkpoint\.safetensors is truncated: /);
  }),
);
