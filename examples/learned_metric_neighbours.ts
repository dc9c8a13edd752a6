/**
 * Nearest neighbours under a learned Mahalanobis distance, |L (x - y)|²: rows have two coordinates that tell their class
 * and six that are noise, and L learns from triplets which is which.
 */
import { Adam, distances, Engine, minedTripletLoss, Parameter, Philox, recallAt } from "metrograd/engine";

await using engine = await Engine.open();
const random = new Philox(1);
const rows = 96, width = 8, classes = 4;

const labels = Array.from({ length: rows }, (_, i) => i % classes);
const features = labels.flatMap((label) => {
  const angle = (2 * Math.PI * label) / classes;
  const signal = [Math.cos(angle), Math.sin(angle)].map((at) => at + 0.2 * random.normal());
  return [...signal, ...Array.from({ length: width - 2 }, () => 1.5 * random.normal())];
});
const x = engine.tensor([rows, width], features);
const label = engine.tensor([rows], labels);

const identity = Float32Array.from({ length: width ** 2 }, (_, i) => i % (width + 1) === 0 ? 1 : 0);
using l = new Parameter(engine, [width, width], identity);
/** Share of rows whose nearest other row has their class. */
const accuracy = () =>
  engine.scope(() => recallAt({ x, label }, { distance: distances.mahalanobisSquared({ l }) })).item();
console.log("identity", await accuracy());

using optimizer = new Adam([l], { lr: 0.03 });
const settings = { mining: "random", positiveWithin: 0, negativeFrom: 1 } as const;
for (let step = 0; step < 100; step++) {
  await engine.step(() => {
    optimizer.zeroGrad();
    minedTripletLoss({ x: x.matmul(l, { transposeB: true }), score: label }, settings).backward();
    optimizer.step();
  });
}
console.log("learned", await accuracy());
