const decimal = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/**
 * The number that a text stands for in decimal notation; null for everything else that `Number` would take: "", "0x10",
 * "Infinity", and numbers beyond the range of float64.
 */
export function parseDecimal(text: string): number | null {
  const value = decimal.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : null;
}
