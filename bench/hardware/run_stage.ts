/** Runs one stage, in a process of its own: `run_stage.ts NAME SECONDS [small]`; a line of JSON on stdout for each result. */
import { MetrogradError } from "../../kernels/errors.ts";
import { stages } from "./stages.ts";

const [name, seconds, size] = Deno.args;
const end = performance.now() + Number(seconds) * 1000;
const stage = stages.find((one) => one.name === name)!;

/** Writes a line, whole before anything else happens. */
function writeLine(text: string): void {
  let rest = new TextEncoder().encode(text + "\n");
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

// Whatever the benchmarks print is for people.
console.log = console.error;
try {
  await stage.run({
    small: size === "small",
    left: () => (end - performance.now()) / 1000,
    add: (result) => writeLine(JSON.stringify(result)),
  });
} catch (error) {
  console.error(error instanceof MetrogradError ? error.message : error);
  Deno.exit(1);
}
Deno.exit(0);
