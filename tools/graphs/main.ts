/**
 * `deno task graphs [COUNT] [SEED]`: checks random graphs of ops against float64, values and gradients, from a seed on.
 * Prints the first graph that differs, with the seed that draws it again.
 */
import { Engine } from "../../engine/engine.ts";
import { checkGraph, Graph } from "./graph.ts";

const [count = 5000, first = 1] = Deno.args.map(Number);
await using engine = await Engine.open();
const start = performance.now(), ops = new Map<string, number>();
for (let seed = first; seed < first + count; seed++) {
  const graph = new Graph(seed);
  for (const { call } of graph.steps) {
    const name = call.text.split(" ", 1)[0]!;
    ops.set(name, (ops.get(name) ?? 0) + 1);
  }
  try {
    await checkGraph(engine, graph);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(1);
  }
}
const calls = [...ops.values()].reduce((sum, one) => sum + one, 0),
  seconds = Math.round((performance.now() - start) / 1000);
console.log(`${count} graphs of ${calls} calls to ${ops.size} ops equal float64, in ${seconds} s`);
