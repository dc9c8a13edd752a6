/** Damages the shaders of families one at a time and runs the tests that use them, until one fails. */
import { type CollectedTest, collectTests } from "./collected_tests.ts";
import { ShaderSwap, type Source } from "./swap.ts";
import { generated, generatedSources, shaderFiles, testFiles } from "./sources.ts";
import type { Report } from "./report.ts";

const [families, done] = [Deno.args[0]!.split(","), Number(Deno.args[1])];
const report = (line: Report) => console.log(JSON.stringify(line));

const swap = new ShaderSwap();
const tests = await collectTests(testFiles(families));
const uses = new Map<string, { test: CollectedTest; milliseconds: number }[]>();
for (const test of tests) {
  swap.ran.clear();
  const start = performance.now();
  await test.run();
  const milliseconds = performance.now() - start;
  for (const code of swap.ran) uses.set(code, [...(uses.get(code) ?? []), { test, milliseconds }]);
}

const sources: Source[] = [
  ...shaderFiles(families.filter((family) => family !== generated)),
  ...(families.includes(generated) ? generatedSources([...uses.keys()]) : []),
];
let number = 0;
for (const source of sources) {
  const users = testsOf(source);
  for (const mutant of source.mutants) {
    if (number++ < done) continue;
    report({ kind: "start", number, path: source.path, ...mutant });
    swap.damage(source, mutant);
    const failure = await firstFailure(users);
    swap.restore();
    report({ kind: "end", number, ...failure && { test: failure.test.name, reason: failure.reason } });
    // What caught one damage to a shader most often catches the next.
    if (failure) users.unshift(...users.splice(users.indexOf(failure.test), 1));
  }
}

/** The tests that run shaders with this source, quick ones first. */
function testsOf({ text }: Source): CollectedTest[] {
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
