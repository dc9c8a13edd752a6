// What Deno and Node run: trains, applies the models whose files are listed, and prints the result.
import { readFileSync, writeFileSync } from "node:fs";
import { embed } from "./embedding.js";
import { apply, train } from "./training.js";

const sources = JSON.parse(readFileSync("models.json", "utf8"));
const { model, ...trained } = await train();
const applied = await apply(sources), embedded = await embed("encoder");
writeFileSync("result.json", JSON.stringify({ ...trained, model: [...model], applied, embedded }));
// Dawn does not survive an end of the process in an order of its own.
process.exit(0);
