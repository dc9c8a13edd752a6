/**
 * `deno task test:packages`: builds the package, installs its tarball into empty projects, and trains and embeds texts there,
 * in Deno, Node and Chromium. Losses and vectors have to agree, and a model that one of them saves has to say the same in
 * all. Then the package's command trains and predicts.
 */
import assert from "node:assert/strict";
import { cacheFolder } from "../../../engine/device/cache.ts";
import { isSwiftShaderUnpacked } from "../../../engine/platform/swiftshader.ts";
import { scoreByCommand } from "./command.ts";
import { type Place, Project, type Trained } from "./project.ts";
import { runIn } from "./run_in.ts";

/** Versions of the packages that are installed beside the tarball. */
const dawn = "webgpu@0.6.2";
const tolerance = 1e-4;

const far = (a: readonly number[], b: readonly number[]) =>
  Math.max(Math.abs(a.length - b.length), ...a.map((value, i) => Math.abs(value - b[i]!)));

/** Why a place is left out, or null. */
function missing(place: Place): string | null {
  if (place === "Chromium") return has("chromium") ? null : "chromium is not installed";
  if (place === "Node" && Deno.build.os === "linux" && !isSwiftShaderUnpacked() && !Deno.env.get("VK_DRIVER_FILES")) {
    return `${cacheFolder()} has no SwiftShader yet ("deno task test:dawn" fetches it), and VK_DRIVER_FILES names no driver`;
  }
  return null;
}

function has(command: string): boolean {
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

if (!has("npm")) {
  console.log("skipped: npm is not installed, which packs the package.");
  Deno.exit(0);
}
const results = new Map<Place, Trained>();
await using project = await Project.make(dawn);
for (const place of ["Deno", "Node", "Chromium"] as const) {
  const reason = missing(place);
  if (reason !== null) {
    console.log(`${place}: skipped, ${reason}.`);
    continue;
  }
  const trained = await runIn(place, project, [...results.keys()]);
  results.set(place, trained);
  await project.addModel(place, Uint8Array.from(trained.model));
  console.log(
    `${place}: loss ${trained.losses.at(-1)!.toFixed(6)} after ${trained.losses.length} steps, on ${trained.adapter}`,
  );
}
// The first places run once more, with the models that came after them.
for (const place of [...results.keys()].slice(0, -1)) {
  results.set(place, await runIn(place, project, [...results.keys()]));
}
const [first, ...others] = [...results];
assert.ok(first, "no place was left to train in");
const { losses: ours, embedded } = first[1];
assert.ok(ours.at(-1)! < ours[0]! / 2, `${first[0]} learns nothing: ${ours}`);
assert.ok(embedded.length > 0 && embedded.every(Number.isFinite), `embeddings: ${embedded}`);
for (const [place, { losses, embedded: theirs }] of others) {
  assert.ok(
    far(losses, ours) < tolerance,
    `losses in ${place}: ${losses}\n  in ${first[0]}: ${ours}`,
  );
  assert.ok(far(theirs, embedded) < tolerance, `embeddings in ${place}: ${theirs}\n  in ${first[0]}: ${embedded}`);
}
for (const [place, { applied }] of results) {
  applied.forEach((said, i) => {
    const [from, { predictions }] = [...results][i]!;
    assert.ok(far(said, predictions) < tolerance, `the model of ${from} says something else in ${place}`);
  });
}
console.log(`${results.size} places agree to ${tolerance} in losses and embeddings, and read each other's models.`);
const scores = await scoreByCommand(project);
assert.ok(scores.length === 20 && scores.every((score) => score >= 0 && score <= 10), `scores: ${scores}`);
console.log("The command trains an ensemble and scores records by it.");
