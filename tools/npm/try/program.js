// What Deno and Node run: trains, embeds, applies the models whose files are listed, and prints the result.
import { readFileSync, writeFileSync } from "node:fs";
import { Scorer } from "metrograd";
import { embed } from "./embedding.js";
import { apply, train } from "./training.js";

const sources = JSON.parse(readFileSync("models.json", "utf8"));
const { model, ...trained } = await train();
// Runs say in a sentence that they need Deno, where it is Node.
const refusal = await Scorer.load(null, "nothing").catch(({ message }) => message);
if (/need Deno/.test(refusal) !== (typeof Deno === "undefined")) throw new Error(refusal);
const applied = await apply(sources), embedded = await embed("encoder");
writeFileSync("result.json", JSON.stringify({ ...trained, model: [...model], applied, embedded }));
// Dawn does not survive an end of the process in an order of its own.
process.exit(0);
