/**
 * As much of protobuf's wire format as events need.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */

const varintWire = 0, doubleWire = 1, bytesWire = 2, floatWire = 5;

/** Bytes one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push(value % 0x80 + 0x80);
  return Uint8Array.of(...bytes, value);
}

const key = (field: number, wire: number) => varint(field * 8 + wire);

/** A field of an integer. */
export const integerField = (field: number, value: number): Uint8Array =>
  joinBytes([key(field, varintWire), varint(value)]);

/** A field of a message, a string or packed numbers. */
export function bytesField(field: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return joinBytes([key(field, bytesWire), varint(bytes.length), bytes]);
}

/** A field of a double. */
export const doubleField = (field: number, value: number): Uint8Array =>
  joinBytes([key(field, doubleWire), doubles([value])]);

/** A field of a float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joinBytes([key(field, floatWire), bytes]);
}

/** Doubles one after the other, as a packed field has them. */
export function doubles(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length), view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setFloat64(8 * i, value, true));
  return bytes;
}

/** A field of a message: an integer or a floating-point number, or the bytes of a string or a message in it. */
export interface FoundField {
  readonly field: number;
  readonly value: number | Uint8Array;
}

/** The fields of a message in their order, up to the first that is none. */
export function* readFields(message: Uint8Array): Generator<FoundField> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 0;
  const next = () => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 0x80) {
      const byte = message[at++]!;
      value += (byte % 0x80) * factor;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const found = next(), wire = found % 8, field = Math.floor(found / 8);
    if (wire === varintWire) {
      yield { field, value: next() };
      continue;
    }
    const length = wire === bytesWire ? next() : wire === doubleWire ? 8 : wire === floatWire ? 4 : Infinity;
    if (at + length > message.length) return;
    const value = wire === doubleWire
      ? view.getFloat64(at, true)
      : wire === floatWire
      ? view.getFloat32(at, true)
      : message.subarray(at, at + length);
    yield { field, value };
    at += length;
  }
}

/** The value of a field of a number; 0, the default, where it is not set. */
export function readNumber(message: Uint8Array, field: number): number {
  for (const found of readFields(message)) {
    if (found.field === field && typeof found.value === "number") return found.value;
  }
  return 0;
}

/** The bytes of all fields of that number. */
export function readBytes(message: Uint8Array, field: number): Uint8Array[] {
  return [...readFields(message)].flatMap((found) =>
    found.field === field && typeof found.value !== "number" ? [found.value] : []
  );
}
