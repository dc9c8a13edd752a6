/** Small parts that the writers of attention kernels share. */

/** 0 to n - 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** One number of an element of `width` numbers. */
export const stepOf = (name: string, x: number, width: 4 | 1): string => width === 4 ? `${name}.${"xyzw"[x]}` : name;

/** `sum` and the products of the numbers of two elements, as nested fused multiply-adds. */
export function dotStep(sum: string, a: (x: number) => string, b: (x: number) => string, width: 4 | 1): string {
  return range(width).reduce((inner, x) => `fma(${a(x)}, ${b(x)}, ${inner})`, sum);
}

/** Lines of code at an indentation. */
export const lines = (indent: number, all: readonly string[]): string =>
  all.map((line) => " ".repeat(indent) + line).join("\n");
