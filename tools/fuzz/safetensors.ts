import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { decodeSafetensors } from "../../engine/files/read_safetensors.ts";
import { encodeSafetensors } from "../../engine/files/write_safetensors.ts";
import { type SafetensorsTensor, tensorToFloat32 } from "../../engine/files/safetensors_format.ts";
import { SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { change, edits, text } from "./bytes.ts";
import { RepeatedKey, SimpleJson } from "./json.ts";
import { assertAgrees, attempt } from "./outcome.ts";
import { targetOf } from "./target.ts";

const arrays = {
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
type Type = keyof typeof arrays;

const name = text.map((name) => name.toWellFormed()).filter((name) => name !== "__metadata__");
const tensor = fc.record({
  dtype: fc.constantFrom(...Object.keys(arrays) as Type[]),
  shape: fc.array(fc.nat(3), { maxLength: 3 }),
  seed: fc.uint8Array({ minLength: 1, maxLength: 16 }),
}).map(({ dtype, shape, seed }): SafetensorsTensor => {
  const array = arrays[dtype], count = shape.reduce((product, size) => product * size, 1);
  const bytes = Uint8Array.from({ length: count * array.BYTES_PER_ELEMENT }, (_, i) => seed[i % seed.length]!);
  return { dtype, shape, data: new array(bytes.buffer) };
});
const contents = fc.record({
  tensors: fc.array(fc.tuple(name, tensor), { maxLength: 4 }).map((entries) => new Map(entries)),
  metadata: fc.dictionary(name, name, { maxKeys: 2, noNullPrototype: true }),
});

/** Files of tensors. */
export const safetensors = targetOf({
  name: "safetensors",
  inputs: fc.tuple(contents, edits, fc.boolean()),
  async check([{ tensors, metadata }, edits, inHeader], folder) {
    const path = join(folder, "model.safetensors"), valid = encodeSafetensors(tensors, metadata);
    // Most of what can be wrong stands in the header; an edit there leaves its length right.
    const bytes = inHeader ? changeHeader(valid, edits) : change(valid, edits);
    Deno.writeFileSync(path, bytes);
    const found = await attempt(() => tensorsOf(decodeSafetensors(bytes, path)), [path]);
    assertAgrees(found, expectedOf(bytes));
    if (edits.length === 0) assert.deepEqual(found, { value: tensorsOf({ tensors, metadata }) });
    const inParts = await attempt(async () => {
      using reader = await SafetensorsReader.open(path);
      const read = [...reader.tensors].map(async ([name, { dtype, shape, read }]) => {
        const count = shape.reduce((product, size) => product * size, 1);
        return [name, { dtype, shape, values: [...await read(0, count)] }] as const;
      });
      return { tensors: new Map(await Promise.all(read)), metadata: reader.metadata };
    }, [path]);
    assert.deepEqual("value" in inParts, "value" in found, Deno.inspect([inParts, found]));
    if ("value" in inParts && "value" in found) {
      const values = [...found.value.tensors].map(([name, one]) =>
        [name, {
          dtype: one.dtype,
          shape: one.shape,
          values: [...tensorToFloat32({ ...one, data: dataOf(one) })],
        }] as const
      );
      assert.deepEqual(inParts.value, { tensors: new Map(values), metadata: found.value.metadata });
    }
  },
});

interface Bytes {
  readonly dtype: Type;
  readonly shape: readonly number[];
  readonly bytes: readonly number[];
}

/** What a file holds, in plain numbers. */
interface Contents {
  readonly tensors: ReadonlyMap<string, Bytes>;
  readonly metadata: Readonly<Record<string, string>>;
}

function tensorsOf(
  { tensors, metadata }: {
    readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
    readonly metadata: Contents["metadata"];
  },
): Contents {
  return {
    tensors: new Map([...tensors].map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape, bytes: [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] },
    ])),
    metadata,
  };
}

const dataOf = ({ dtype, bytes }: Bytes) => new arrays[dtype](Uint8Array.from(bytes).buffer);

function changeHeader(file: Uint8Array, some: Parameters<typeof change>[1]): Uint8Array {
  const end = 8 + Number(new DataView(file.buffer).getBigUint64(0, true)), header = change(file.subarray(8, end), some);
  const length = new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer);
  return new Uint8Array([...length, ...header, ...file.subarray(end)]);
}

/** What a file holds by the rules of the format, one after the other; null where it is to be refused. */
function expectedOf(file: Uint8Array): { value: Contents } | null {
  if (file.length < 8) return null;
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)), start = 8 + length;
  if (start > file.length || file[8] !== 0x7b) return null;
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, start));
    header = new SimpleJson(text, Infinity).whole();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RepeatedKey) return null;
    throw error;
  }
  const tensors = new Map<string, Bytes>(), covered = new Uint8Array(file.length - start);
  let metadata: unknown = {};
  for (const [name, entry] of Object.entries(header as object)) {
    if (name === "__metadata__") {
      metadata = entry ?? {};
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    if (!Object.keys(arrays).includes(dtype as string) || !areCounts(shape) || !areCounts(offsets)) return null;
    const [begin, end] = offsets, size = shape.reduce((all, one) => all * one, arrays[dtype as Type].BYTES_PER_ELEMENT);
    if (offsets.length !== 2 || end! - begin! !== size || end! > covered.length) return null;
    for (let at = begin!; at < end!; at++) if (covered[at]!++ > 0) return null;
    tensors.set(name, { dtype: dtype as Type, shape, bytes: [...file.subarray(start + begin!, start + end!)] });
  }
  const isText = typeof metadata === "object" && !Array.isArray(metadata) &&
    Object.values(metadata as object).every((one) => typeof one === "string");
  return isText && covered.every((times) => times === 1)
    ? { value: { tensors, metadata: metadata as Contents["metadata"] } }
    : null;
}

function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}
