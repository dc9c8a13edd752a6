import { floatsOfHalves } from "./half_floats.ts";

/** The array that holds the values of each element type; F16 and BF16 stand as their bits. */
export const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** Element types by the format's names. */
export type SafetensorsType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** The key of the header that is no tensor's. */
export const metadataKey = "__metadata__";
/** The longest header that the format allows. */
export const longestHeader = 100_000_000;

/** Values of one tensor, row-major. */
export type SafetensorsData =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** A tensor as it stands in a file. */
export interface SafetensorsTensor {
  /** Type of its elements. */
  readonly dtype: SafetensorsType;
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** Elements, row-major, in an array of the type. */
  readonly data: SafetensorsData;
}

/** The values of a tensor of any type as float32; F32 is returned as it is. */
export function tensorToFloat32({ dtype, data }: SafetensorsTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  if (dtype === "BF16") {
    const bits = new Uint32Array(data);
    for (let i = 0; i < bits.length; i++) bits[i]! <<= 16;
    return new Float32Array(bits.buffer);
  }
  return dtype === "F16" ? floatsOfHalves(data as Uint16Array<ArrayBuffer>) : new Float32Array(data);
}

/** Bytes that a tensor's values take. */
export function byteCount(dtype: SafetensorsType, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, arrays[dtype].BYTES_PER_ELEMENT);
}

/** Whether a value is a list of counts, as shapes and offsets are. */
export function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
