/**
 * `deno task test:dawn [NAME...]`: runs the tests of kernels on Dawn, Chrome's WebGPU, in place of the runtime's own. It
 * reads WGSL with another compiler, Tint, so that no shader leans on what only one of them takes.
 */
import { collectTests } from "../mutation/collected_tests.ts";
import { putDawnInPlace } from "./dawn.ts";

const folder = new URL("../../tests/kernels/", import.meta.url);
const chosen = (name: string) => Deno.args.length === 0 || Deno.args.some((part) => name.includes(part));
const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith("_test.ts"));
const files = names.filter(chosen).toSorted().map((name) => new URL(name, folder));

const adapter = await putDawnInPlace();
if (!adapter) {
  console.log("skipped: Dawn finds no adapter on this machine.");
  Deno.exit(0);
}
console.log(`Dawn on ${adapter}`);

let failed = 0;
const tests = await collectTests(files);
for (const [done, { name, run }] of tests.entries()) {
  if (done % 50 === 0) console.log(`${done} of ${tests.length} tests`);
  try {
    await run();
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}\n  ${String(error).trim().replaceAll("\n", "\n  ")}`);
  }
}
console.log(`${tests.length - failed} passed, ${failed} failed`);
// Without this Dawn is torn down in an order that it does not survive.
Deno.exit(failed > 0 || tests.length === 0 ? 1 : 0);
