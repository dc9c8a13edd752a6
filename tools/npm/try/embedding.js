// An encoding that each platform does, from the package alone.
import { Engine } from "metrograd/engine";
import { SentenceEncoder } from "metrograd/encoders";

/** The vectors of a few texts, by the encoder in a folder or, in a browser, at a URL. */
export async function embed(source) {
  const engine = await Engine.open();
  const encoder = await SentenceEncoder.open(engine, source);
  return [...await encoder.encode(["the answer is short", "a b c ?"])];
}
