import { join } from "node:path";
import fc from "fast-check";
import { readNpy } from "../../data/files/npy.ts";
import { change, edits } from "./bytes.ts";
import { assertAgrees, attempt } from "./outcome.ts";
import { targetOf } from "./target.ts";

/** What reads an element of each type, and its bytes. */
const elements: Readonly<
  Record<string, readonly [size: number, get: (view: DataView, at: number, little: boolean) => number]>
> = {
  f2: [2, (view, at, little) => view.getFloat16(at, little)],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  i1: [1, (view, at) => view.getInt8(at)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u1: [1, (view, at) => view.getUint8(at)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  b1: [1, (view, at) => Number(view.getUint8(at) !== 0)],
};

/** An array of numbers as NumPy writes it. */
const file = fc.record({
  type: fc.constantFrom(...Object.keys(elements)),
  order: fc.constantFrom("<", ">", "="),
  fortran: fc.boolean(),
  shape: fc.array(fc.nat(4), { maxLength: 3 }),
  seed: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  version: fc.constantFrom(1, 2, 3),
  padding: fc.nat(70),
  quote: fc.constantFrom("'", "'", '"'),
}).map(({ type, order, fortran, shape, seed, version, padding, quote }) => {
  const [size] = elements[type]!, sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${size === 1 ? "|" : order}${type}', 'fortran_order': ${
    fortran ? "True" : "False"
  }, 'shape': (${sizes}), }`;
  const header = new TextEncoder().encode(text.replaceAll("'", quote) + " ".repeat(padding) + "\n");
  const length = new Uint8Array(Uint32Array.of(header.length).buffer).subarray(0, version === 1 ? 2 : 4);
  const bytes = shape.reduce((product, one) => product * one, size);
  const data = Uint8Array.from({ length: bytes }, (_, i) => seed[i % seed.length]!);
  return new Uint8Array([0x93, ...new TextEncoder().encode("NUMPY"), version, 0, ...length, ...header, ...data]);
});

/** Arrays of numbers in NumPy's format. */
export const npy = targetOf({
  name: "npy",
  inputs: fc.tuple(file, edits),
  async check([valid, some], folder) {
    const path = join(folder, "array.npy"), bytes = change(valid, some);
    Deno.writeFileSync(path, bytes);
    const read = async () => {
      const { shape, data } = await readNpy(path);
      return { shape, data: [...data] };
    };
    assertAgrees(await attempt(read, [path]), arrayOf(bytes));
  },
});

/** The array of a file, element by element; null where it is to be refused. */
function arrayOf(bytes: Uint8Array): { value: { shape: readonly number[]; data: number[] } } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), version = bytes[6]!;
  if (bytes.length < 12 || [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].some((one, i) => bytes[i] !== one)) return null;
  if (version < 1 || version > 3) return null;
  const from = version === 1 ? 10 : 12,
    start = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) return null;
  const header = dictionaryOf(String.fromCharCode(...bytes.subarray(from, start)));
  if (!header || header.size !== 3) return null;
  const [descriptor, order, shape] = ["descr", "fortran_order", "shape"].map((key) => header.get(key));
  if (typeof descriptor !== "string" || typeof order !== "boolean" || !Array.isArray(shape)) return null;
  const [size, get] = elements[descriptor.slice(1)] ?? [];
  if (!get || !size || !"<>=|".includes(descriptor[0]!) || (descriptor[0] === "|" && size > 1)) return null;
  const count = shape.reduce((product: number, one) => product * one, 1);
  if (!shape.every(Number.isSafeInteger) || bytes.length - start !== count * size) return null;
  const data = new Float32Array(count);
  for (let at = 0; at < count; at++) {
    const index = shape.map((_, axis) => Math.floor(at / product(shape.slice(axis + 1))) % shape[axis]!);
    const place = order ? index.reduce((sum, one, axis) => sum + one * product(shape.slice(0, axis)), 0) : at;
    const value = get(view, start + place * size, descriptor[0] !== ">");
    data[at] = value;
    if (Number.isFinite(value) && !Number.isFinite(data[at])) return null;
  }
  return { value: { shape, data: [...data] } };
}

const product = (sizes: readonly number[]) => sizes.reduce((all, one) => all * one, 1);

/** A dictionary of texts, truth values and tuples of counts in Python's notation; null for anything else. */
function dictionaryOf(text: string): Map<string, unknown> | null {
  const tokens = text.match(/'[^']*'|"[^"]*"|\w+|[^ \t\n\r\f]/g) ?? [], found = new Map<string, unknown>();
  let at = 0;
  const take = (token: string) => tokens[at] === token && at++ >= 0;
  const quoted = () => /^['"]..*['"]$/.test(tokens[at] ?? "") ? tokens[at++]!.slice(1, -1) : null;
  const tuple = () => {
    const sizes: number[] = [];
    let commas = 0;
    while (!take(")")) {
      if (sizes.length > commas || !/^(0|[1-9][0-9]*)$/.test(tokens[at] ?? "")) return null;
      sizes.push(Number(tokens[at++]));
      if (take(",")) commas++;
    }
    return sizes.length === 1 && commas === 0 ? null : sizes;
  };
  if (!take("{")) return null;
  while (!take("}")) {
    const key = quoted();
    if (key === null || found.has(key) || !take(":")) return null;
    const value = take("True") ? true : take("False") ? false : take("(") ? tuple() : quoted();
    if (value === null) return null;
    found.set(key, value);
    if (!take(",") && tokens[at] !== "}") return null;
  }
  return at === tokens.length ? found : null;
}
