/** Writes measurements into the folder of the cache, and checks who reads them. Fails by an exit code and a message. */
import assert from "node:assert/strict";
import { openDevice } from "../../../engine/device/open.ts";
import { readTuning, tuningPath, writeTuning } from "../../../engine/device/tuning.ts";
import { Engine } from "../../../engine/engine.ts";
import type { MatmulVariant } from "../../../kernels/matmul/variant.ts";

const timed = (variant: MatmulVariant) => ({ variant, milliseconds: 1, gain: 2, beat: [] });
const square = { m: 8, n: 8, k: 8, batch: 1, transposeA: false, transposeB: false };

using opened = await openDevice();
assert.equal(await readTuning(opened), null);
const first = timed({ name: "small" }), second = timed({ name: "dot" });
await writeTuning(opened, { "8x8x8 nn": first });
const path = await writeTuning(opened, { "8x8x9 nn": second });
assert.equal(path, tuningPath(opened));
assert.deepEqual((await readTuning(opened))!.products, { "8x8x8 nn": first, "8x8x9 nn": second });

await using plain = new Engine(opened);
assert.equal(plain.capabilities.matmulVariant, undefined);
await using tuned = await Engine.open({ tuned: true });
assert.deepEqual(tuned.capabilities.matmulVariant!(square), { name: "small" });

await Deno.writeTextFile(path, "[]");
await assert.rejects(readTuning(opened), { name: "DataError", message: /holds no measurements; delete it/ });
await Deno.writeTextFile(path, "{");
await assert.rejects(Engine.open({ tuned: true }), /holds no measurements/);
