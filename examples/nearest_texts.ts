/** The texts that are nearest in meaning to a question, by a sentence encoder's folder that is given as the argument. */
import { Engine, SentenceEncoder } from "metrograd";
import { distances, topk } from "metrograd/engine";

const [folder = "models/all-MiniLM-L6-v2"] = Deno.args;
const texts = ["How do I reset my password?", "The weather is fine today.", "I cannot log in to my account."];

await using engine = await Engine.open();
using encoder = await SentenceEncoder.open(engine, folder);
const embed = async (texts: readonly string[]) =>
  engine.tensor([texts.length, encoder.width], await encoder.encode(texts));

const similarity = distances.cosine().between(await embed(["The weather is nice."]), await embed(texts));
const { values, indices } = topk({ x: similarity }, { k: 2 });
const [scores, rows] = await engine.read([values, indices]);
rows.forEach((row, i) => console.log(scores[i]!.toFixed(3), texts[row]));
