const coefficients = [
  0.17087277,
  -0.82215223,
  1.48851587,
  -1.13520398,
  0.27886807,
  -0.18628806,
  0.09678418,
  0.37409196,
  1.00002368,
  -1.26551223,
];

/** Distribution function of the standard normal (Chebyshev fit of erfc, error below 1.2e-7; Press et al., section 6.2). */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * z);
  let polynomial = 0;
  for (let i = 0; i < coefficients.length; i++) polynomial = polynomial * t + coefficients[i]!;
  const tail = 0.5 * t * Math.exp(-z * z + polynomial);
  return x > 0 ? 1 - tail : tail;
}
