// Embeds texts with the encoder in the folder "encoder", in Deno and in Node.
import { writeFileSync } from "node:fs";
import { Engine, SentenceEncoder } from "metrograd";

const engine = await Engine.open();
const encoder = await SentenceEncoder.open(engine, "encoder");
writeFileSync("embedded.json", JSON.stringify([...await encoder.encode(["the answer is short", "a b c ?"])]));
process.exit(0);
