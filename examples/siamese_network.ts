/**
 * A siamese network: one network embeds all rows, triplets are mined in each batch, and the embedding is judged by the
 * recall@1 of classes that it was not trained on. A row is an angle's sine and cosine, which tell its class, among noise.
 */
import {
  AdamW,
  batches,
  Engine,
  labelTripletLoss,
  Linear,
  miners,
  Philox,
  recallAt,
  Sequential,
} from "metrograd/engine";

await using engine = await Engine.open();
const random = new Philox(2), width = 10;

/** Rows of some of 40 classes. */
function rowsOf(classes: readonly number[], each: number) {
  const label = classes.flatMap((one) => Array<number>(each).fill(one));
  const rows = label.flatMap((one) => {
    const angle = 2 * Math.PI * one / 40 + 0.02 * random.normal();
    return [Math.sin(angle), Math.cos(angle), ...Array.from({ length: width - 2 }, () => 0.5 * random.normal())];
  });
  return { x: engine.tensor([label.length, width], rows), label: engine.indices([label.length], label) };
}
const numbers = Array.from({ length: 40 }, (_, i) => i);
const train = rowsOf(numbers.filter((one) => one % 4 !== 0), 8),
  unseen = rowsOf(numbers.filter((one) => one % 4 === 0), 8);

const layer = (from: number, to: number) => new Linear({ engine, random }, from, to);
using network = new Sequential(layer(width, 32), (x) => x.relu(), layer(32, 8));
using optimizer = new AdamW(network.parameters(), { lr: 0.01 });
const judge = () => engine.scope(() => recallAt({ x: network.forward(unseen.x), label: unseen.label })).item();

console.log("recall@1 before:", await judge());
for (let epoch = 1; epoch <= 10; epoch++) {
  for (const { x, label } of batches(train, { size: 60, shuffle: true, seed: epoch })) {
    await engine.step(() => {
      optimizer.zeroGrad();
      const miner = miners.tripletMargin({ type: "semihard", margin: 0.2 });
      labelTripletLoss({ x: network.forward(x), label }, { margin: 0.2, miner }).backward();
      optimizer.step();
    });
  }
}
console.log("recall@1 after:", await judge());
