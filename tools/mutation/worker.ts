/** Damages the shaders of families one at a time and runs the tests that use them, until one fails. */
import { KernelHarness } from "../../tests/kernels/harness.ts";
import { type CollectedTest, collectTests } from "./collected_tests.ts";
import { ShaderSwap, type Source } from "./swap.ts";
import { generated, generatedDamages, generatedSources, type Place, shaderFiles, testFiles } from "./sources.ts";
import type { Report } from "./report.ts";

const [families, done] = [Deno.args[0]!.split(","), Number(Deno.args[1])];
const report = (line: Report) => console.log(JSON.stringify(line));

// Shaders that read from textures do not contain the files' text.
KernelHarness.textureReads = false;
const swap = new ShaderSwap();
const tests = await collectTests(testFiles(families));
const labels = new Map<string, string>();
const uses = new Map<string, { test: CollectedTest; milliseconds: number }[]>();
for (const test of tests) {
  swap.ran.clear();
  const start = performance.now();
  await test.run();
  const milliseconds = performance.now() - start;
  for (const [code, label] of swap.ran) {
    labels.set(code, label);
    uses.set(code, [...(uses.get(code) ?? []), { test, milliseconds }]);
  }
}

const testsBySource = new Map<Source, CollectedTest[]>();
let number = 0;
for (const places of families.flatMap(damagesOf)) {
  if (number++ < done) continue;
  let failure: Awaited<ReturnType<typeof firstFailure>>;
  for (const { source, mutant } of places) {
    report({ kind: "start", number, path: source.path, ...mutant });
    swap.damage(source, mutant);
    const users = testsOf(source);
    failure = await firstFailure(users);
    swap.restore();
    // What caught one damage to a shader most often catches the next.
    if (failure) users.unshift(...users.splice(users.indexOf(failure.test), 1));
    if (failure) break;
  }
  report({ kind: "end", number, ...failure && { test: failure.test.name, reason: failure.reason } });
}

/** The damages to a family, each with the places to try until a test notices. */
function damagesOf(family: string): Place[][] {
  if (!family.startsWith(generated)) {
    return shaderFiles([family]).flatMap((source) => source.mutants.map((mutant) => [{ source, mutant }]));
  }
  const [generator, part = ""] = family.split("/");
  const sources = generatedSources(labels).filter(({ path }) =>
    path.startsWith(`${generator}/`) && path.includes(part)
  );
  return generatedDamages(sources);
}

/** The tests that run shaders with this source, quick ones first. */
function testsOf(source: Source): CollectedTest[] {
  let tests = testsBySource.get(source);
  if (!tests) testsBySource.set(source, tests = findTests(source));
  return tests;
}

function findTests({ text }: Source): CollectedTest[] {
  const found = new Map<CollectedTest, number>();
  for (const [code, users] of uses) {
    if (code.includes(text)) users.forEach(({ test, milliseconds }) => found.set(test, milliseconds));
  }
  return [...found].toSorted((a, b) => a[1] - b[1]).map(([test]) => test);
}

async function firstFailure(users: readonly CollectedTest[]) {
  for (const test of users) {
    try {
      await test.run();
    } catch (error) {
      return { test, reason: String(error).split("\n")[0]! };
    }
  }
}
Deno.exit(0);
