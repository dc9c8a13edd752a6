import { testEngine } from "../engine/harness.ts";
import { checkGraph, Graph } from "../../tools/graphs/graph.ts";

const engine = await testEngine();

Deno.test("graphs: 300 random ones, with sizes of 0 and 1, have the values and gradients of float64", async () => {
  for (let seed = 1; seed <= 300; seed++) await checkGraph(engine, new Graph(seed));
});
