import { elementwiseFunctions, type UnaryFunction, type UnaryReference } from "./functions.ts";

/** The functions that `unary` knows, in float64. */
export const unaryReferences: Readonly<Record<UnaryFunction, UnaryReference>> = elementwiseFunctions;
