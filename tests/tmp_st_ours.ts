import { Engine } from "/tmp/wt-encoders/engine/engine.ts";
import { SentenceEncoder } from "/tmp/wt-encoders/encoders/network/sentence_encoder.ts";
await using engine = await Engine.open();
for (const name of ["gemma", "qwen"]) {
  const folder = `/tmp/encenv/st/${name}`;
  const { texts, rows } = JSON.parse(await Deno.readTextFile(`${folder}/expected.json`));
  for (const [what, expected] of Object.entries(rows) as [string, number[][]][]) {
    const options = what === "8"
      ? { dimensions: 8, normalize: true, prompt: "" }
      : what === "plain"
      ? { prompt: "" }
      : { promptName: what.slice(7) };
    using encoder = await SentenceEncoder.open(engine, folder, options);
    const found = await encoder.encode(texts);
    console.log(name, what, encoder.maxTokens, Math.max(...expected.flat().map((v, i) => Math.abs(v - found[i]!))));
    if (what === "plain") {
      const one = encoder.network.encoder.layers[1]!.projections[1]!.weight;
      one.assign((await one.data()).map((v, i) => v + Math.sin(i)));
      const changed = await encoder.encode(texts);
      await Deno.remove(`${folder}-saved`, { recursive: true }).catch(() => {});
      await encoder.save(`${folder}-saved`);
      await Deno.writeTextFile(`${folder}-saved/rows.json`, JSON.stringify([...changed]));
    }
  }
}
