/** A program of its own that links the clone, under Deno's compiler options: they are less strict than the project's. */
import { Scorer } from "metrograd";
import { Engine, Linear, Philox } from "metrograd/engine";
import { createLauncher } from "metrograd/kernels";
import { SentenceEncoder } from "metrograd/encoders";

await using engine = await Engine.open();
using layer = new Linear({ engine, random: new Philox(1) }, 2, 1);
using y = engine.scope(() => layer.forward(engine.full([3, 2], 1)));
console.log(y.shape, Scorer.name, SentenceEncoder.name, createLauncher.name);
