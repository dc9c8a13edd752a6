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

/** The value of an integer field of a message; 0, the default, where it is not set or the bytes are no message. */
export function readInteger(message: Uint8Array, field: number): number {
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
    const found = next(), wire = found % 8;
    if (wire === varintWire) {
      const value = next();
      if (Math.floor(found / 8) === field) return value;
    } else if (wire === bytesWire) at += next();
    else if (wire === doubleWire) at += 8;
    else if (wire === floatWire) at += 4;
    else return 0;
  }
  return 0;
}
