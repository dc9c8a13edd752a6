/** A classifier of points on three spirals: minibatches, evaluation on points of its own, saving and loading. */
import { AdamW, batches, crossEntropyLoss, Engine, Linear, Philox, Sequential } from "metrograd/engine";

await using engine = await Engine.open();
const random = new Philox(1);

function spirals(count: number) {
  const label = Array.from({ length: count }, (_, i) => i % 3);
  const points = label.flatMap((label) => {
    const radius = random.uniform(), angle = 4 * radius + 2 * label + 0.15 * random.normal();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return { x: engine.tensor([count, 2], points), y: engine.indices([count], label) };
}
const layer = (from: number, to: number) => new Linear({ engine, random }, from, to);
const classifier = () => new Sequential(layer(2, 64), (x) => x.relu(), layer(64, 64), (x) => x.relu(), layer(64, 3));
async function accuracy(network: Sequential, { x, y }: ReturnType<typeof spirals>) {
  using predicted = engine.scope(() => network.forward(x).argmax({ axis: 1 }));
  const [found, wanted] = await engine.read([predicted, y]);
  return found.filter((label, i) => label === wanted[i]).length / y.size;
}

using network = classifier(), optimizer = new AdamW(network.parameters(), { lr: 0.01 });
const train = spirals(900), test = spirals(300);
for (let epoch = 1; epoch <= 20; epoch++) {
  for (const { x, y } of batches(train, { size: 100, shuffle: true, seed: epoch })) {
    await engine.step(() => {
      optimizer.zeroGrad();
      crossEntropyLoss({ logits: network.forward(x), target: y }).backward();
      optimizer.step();
    });
  }
}
console.log("trained:", await accuracy(network, test));

await network.save("spirals.safetensors");
using loaded = classifier();
await loaded.load("spirals.safetensors");
console.log("loaded:", await accuracy(loaded, test));
