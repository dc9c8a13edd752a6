import { ShapeError } from "../../kernels/errors.ts";

/** Indices as they are uploaded. @throws ShapeError when one is no whole number from 0 on */
export function wholeNumbers(data: ArrayLike<number>, name: string): Uint32Array {
  if (data instanceof Uint32Array) return data;
  const elements = Uint32Array.from(data);
  const wrong = elements.findIndex((element, i) => element !== data[i]);
  if (wrong < 0) return elements;
  throw new ShapeError(`${name}: element ${wrong} is ${data[wrong]}, but a whole number from 0 on is expected.`);
}

/** The largest of indices; 0 where there are none. */
export function largestOf(elements: Uint32Array): number {
  let most = 0;
  for (const element of elements) if (element > most) most = element;
  return most;
}
