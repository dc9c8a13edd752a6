import { Philox } from "../../../kernels/philox.ts";

/** A symmetric positive definite matrix, row-major. */
export function positiveDefinite(size: number): Float64Array {
  const random = new Philox(3);
  const x = Float64Array.from({ length: size * size }, () => random.normal());
  return Float64Array.from({ length: size * size }, (_, at) => {
    const i = Math.floor(at / size), j = at % size;
    let sum = i === j ? 0.5 : 0;
    for (let k = 0; k < size; k++) sum += x[i * size + k]! * x[j * size + k]! / size;
    return sum;
  });
}
