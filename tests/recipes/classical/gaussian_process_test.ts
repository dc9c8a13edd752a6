import assert from "node:assert/strict";
import { Philox } from "../../../kernels/philox.ts";
import { cholesky, choleskySolve } from "../../../recipes/classical/cholesky.ts";
import { conjugateGradient } from "../../../recipes/classical/gaussian_process/conjugate_gradient.ts";
import { Covariance } from "../../../recipes/classical/gaussian_process/covariance.ts";
import {
  maximizeLikelihood,
  negativeLogLikelihood,
} from "../../../recipes/classical/gaussian_process/marginal_likelihood.ts";
import { positiveDefinite } from "./positive_definite.ts";

const near = (got: number, wanted: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${what}: ${got}, wanted ${wanted}`);

Deno.test("conjugate gradient: equals the solution by Cholesky, of all rows and of some", async () => {
  const size = 60, a = positiveDefinite(size).map(Math.fround);
  const diagonal = new Float64Array(size).fill(0.25);
  const b = Float64Array.from({ length: size }, (_, i) => Math.sin(i));
  const x = await conjugateGradient(Float32Array.from(a), diagonal, b, { tolerance: 1e-12 });
  for (let i = 0; i < size; i++) a[i * size + i]! += diagonal[i]!;
  cholesky(a, size);
  const wanted = b.slice();
  choleskySolve(a, size, wanted);
  x.forEach((value, i) => near(value, wanted[i]!, 1e-8, `element ${i}`));

  const rows = Uint32Array.from({ length: size }, (_, i) => i).filter((i) => i % 3 !== 1);
  const some = await conjugateGradient(Float32Array.from(positiveDefinite(size)), diagonal, b, {
    rows,
    tolerance: 1e-12,
  });
  const whole = positiveDefinite(size).map(Math.fround);
  const part = Float64Array.from({ length: rows.length ** 2 }, (_, at) => {
    const i = rows[Math.floor(at / rows.length)]!, j = rows[at % rows.length]!;
    return whole[i * size + j]! + (i === j ? diagonal[i]! : 0);
  });
  cholesky(part, rows.length);
  const inPart = Float64Array.from(rows, (i) => b[i]!);
  choleskySolve(part, rows.length, inPart);
  some.forEach((value, i) => {
    const at = rows.indexOf(i);
    near(value, at < 0 ? 0 : inPart[at]!, 1e-8, `element ${i} of some rows`);
  });
});

/** Rows on a line in two coordinates, with a smooth target over the first and noise. */
function lineRows(size: number) {
  const random = new Philox(5);
  const coordinates = [0, 1].map(() => Float64Array.from({ length: size }, () => 4 * random.uniform()));
  const distances = coordinates.map((x) =>
    Float32Array.from({ length: size * size }, (_, at) => (x[Math.floor(at / size)]! - x[at % size]!) ** 2)
  );
  const target = Float64Array.from(coordinates[0]!, (x) => Math.sin(2 * x) + 0.2 * random.normal());
  return { distances, target, weight: Float64Array.from({ length: size }, (_, i) => i % 5 === 0 ? 0.5 : 1) };
}

const covariance = new Covariance([
  { distances: [0], start: [-0.5, 0.2] },
  { distances: [0, 1], start: [-1, -0.4, 0.3] },
]);

Deno.test("marginal likelihood: its gradient equals central differences for every parameter", () => {
  const rows = lineRows(30), step = 1e-5;
  const at = covariance.start.map((value, i) => value - 0.3 + 0.1 * i);
  const { gradient } = negativeLogLikelihood(covariance, rows, at);
  at.forEach((value, i) => {
    const moved = (by: number) => negativeLogLikelihood(covariance, rows, at.with(i, value + by)).value;
    near(gradient[i]!, (moved(step) - moved(-step)) / (2 * step), 1e-6, `parameter ${i}`);
  });
});

Deno.test("marginal likelihood: the search finds the noise and which coordinate matters", async () => {
  const rows = lineRows(120);
  const single = new Covariance([{ distances: [0, 1], start: [0, 0, 0] }]);
  const values: number[] = [];
  const search = await maximizeLikelihood(single, () => Promise.resolve(rows), async (_, __, value) => {
    values.push(value);
    await Promise.resolve();
  });
  const found = single.values(search);
  assert.ok(Math.min(...values) < values[0]! - 10, "the likelihood rose");
  assert.ok(found.noise > 0.01 && found.noise < 0.12, `noise ${found.noise}, planted 0.04`);
  const [first, second] = found.terms[0]!.scales;
  assert.ok(first! > 5 * second!, `scales ${first}, ${second}`);
});
