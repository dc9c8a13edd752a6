/**
 * Nearest neighbours under a learned Mahalanobis distance, |L (x - y)|²: rows have two coordinates that tell their class
 * and six that are noise, and L learns from triplets which is which.
 */
import {
  Adam,
  backward,
  Engine,
  type MahalanobisMatrix,
  matmul,
  minedTripletLoss,
  pairwiseMahalanobisSquared,
  Parameter,
  Philox,
} from "../all.ts";

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
const score = engine.tensor([rows], labels);

/** Share of rows whose nearest other row has their class. */
async function accuracy(matrix: MahalanobisMatrix): Promise<number> {
  const distance = engine.noGrad(() => pairwiseMahalanobisSquared({ x, y: x, ...matrix }));
  const found = await distance.data();
  distance.dispose();
  const right = labels.filter((label, i) => {
    const others = labels.map((_, j) => j).filter((j) => j !== i);
    const nearest = others.reduce((best, j) => found[i * rows + j]! < found[i * rows + best]! ? j : best);
    return labels[nearest] === label;
  });
  return right.length / rows;
}

const identity = Float32Array.from({ length: width ** 2 }, (_, i) => i % (width + 1) === 0 ? 1 : 0);
const l = new Parameter(engine, [width, width], identity);
console.log("identity", await accuracy({ l }));

const optimizer = new Adam([l], { lr: 0.03 });
const settings = { mining: "random", positiveWithin: 0, negativeFrom: 1 } as const;
for (let step = 0; step < 100; step++) {
  await engine.step(() => {
    optimizer.zeroGrad();
    backward(minedTripletLoss({ x: matmul({ a: x, b: l }, { transposeB: true }), score }, settings));
    optimizer.step();
  });
}
console.log("learned", await accuracy({ l }));
