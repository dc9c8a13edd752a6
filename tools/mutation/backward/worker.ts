/**
 * Damages the backward rules of modules of ops one at a time and runs the tests of the engine that use them, until one
 * fails. Runs with an import map in which probe.ts stands for engine/autograd.ts.
 */
import type { OpDefinition } from "../../../engine/autograd.ts";
import { type CollectedTest, collectTests } from "../collected_tests.ts";
import { damage } from "../mutants.ts";
import type { Report } from "../report.ts";
import { definitions, ran } from "./probe.ts";
import { backwardMutants } from "./rules.ts";

const [modules, done, folder] = [Deno.args[0]!.split(","), Number(Deno.args[1]), Deno.args[2]!];
const report = (line: Report) => console.log(JSON.stringify(line));
const ops = new URL("../../../engine/ops/", import.meta.url);
const engineTests = new URL("../../../tests/engine/", import.meta.url);

/** Those that compare gradients. */
const files = [
  "gradients",
  "class_losses",
  "distances",
  "attention",
  "bilinear",
  "batch_norm",
  "autograd",
  "shape_ops",
  "half",
  "embedding",
  "golden",
]
  .map((name) => new URL(`${name}_test.ts`, engineTests));
files.push(new URL("../../../tests/tools/graphs_test.ts", import.meta.url));

const tests = await collectTests(files);
const uses = new Map<string, { test: CollectedTest; milliseconds: number }[]>();
for (const test of tests) {
  ran.clear();
  const start = performance.now();
  await test.run();
  const milliseconds = performance.now() - start;
  for (const name of ran) uses.set(name, [...(uses.get(name) ?? []), { test, milliseconds }]);
}

const originals = new Map<string, OpDefinition<object, unknown, unknown>>();
for (const { name, definition } of definitions) originals.set(name, definition);

let number = 0;
for (const path of modules) {
  const text = Deno.readTextFileSync(new URL(path, ops));
  let users: CollectedTest[] | undefined;
  for (const mutant of backwardMutants(text)) {
    if (number++ < done) continue;
    report({ kind: "start", number, path: `engine/ops/${path}`, ...mutant });
    definitions.length = 0;
    let failure: { test: string; reason: string } | undefined;
    try {
      await import(damagedCopy(damage(text, mutant), number));
    } catch (error) {
      failure = { test: "import", reason: `DeviceError: ${error}` };
    }
    const exchanged = definitions.map(({ name, definition }) => {
      const original = originals.get(name)!, { backward } = original;
      Object.assign(original, { backward: definition.backward });
      return () => Object.assign(original, { backward });
    });
    if (!failure) users ??= testsOf(definitions.map(({ name }) => name));
    for (const test of failure ? [] : users!) {
      try {
        await test.run();
      } catch (error) {
        failure = { test: test.name, reason: String(error).split("\n")[0]! };
        users!.unshift(...users!.splice(users!.indexOf(test), 1));
        break;
      }
    }
    for (const restore of exchanged) restore();
    report({ kind: "end", number, ...failure });
  }
}
Deno.exit(0);

/** Writes a damaged module elsewhere, with its imports told from the root. */
function damagedCopy(text: string, number: number): string {
  const whole = text.replaceAll(/ from "(\.[^"]+)"/g, (_, path) => ` from "${new URL(path, ops).href}"`);
  const file = `${folder}/damaged_${number}.ts`;
  Deno.writeTextFileSync(file, whole);
  return `file://${file}`;
}

/** The tests that run ops of these names, quick ones first. */
function testsOf(names: readonly string[]): CollectedTest[] {
  const found = new Map(
    names.flatMap((name) => (uses.get(name) ?? []).map(({ test, milliseconds }) => [test, milliseconds])),
  );
  return [...found].toSorted((a, b) => a[1] - b[1]).map(([test]) => test);
}
