import fc from "fast-check";

/** A change of a file: `count` bytes at a place are replaced by others. */
interface Edit {
  /** Where, as a share of the file. */
  readonly at: number;
  readonly count: number;
  readonly by: Uint8Array;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** What tends to be taken for something else than it is. */
const snippets = [
  ..."{}[]\",:;'\\\n\r\t 0-".split(""),
  ..."1e400 -1e400 1e-400 NaN Infinity 0x10 1_000 007 9007199254740993 -0 null true \\u0000 \\ud800 __proto__".split(
    " ",
  ),
  ..."constructor toString \u200b \ufeff \u0301 \u00e9 \ud83d\ude00 \r\n \u2028 =cmd".split(" "),
].map(utf8);

const edit = fc.record<Edit>({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  count: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(200)),
  by: fc.oneof(fc.constant(new Uint8Array()), fc.constantFrom(...snippets), fc.uint8Array({ maxLength: 8 })),
});

/** A few changes of a file, in the order in which they are made; none leaves it as it is. */
export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(edit, { maxLength: 3 });

/** The file after changes. */
export function change(file: Uint8Array, some: readonly Edit[]): Uint8Array {
  return some.reduce((bytes, { at, count, by }) => {
    const from = Math.floor(at * bytes.length);
    return new Uint8Array([...bytes.subarray(0, from), ...by, ...bytes.subarray(from + count)]);
  }, file);
}

/** Texts of all scripts, of names that objects inherit, and of what files give a meaning to. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(..."\"\\/,;\n\r\t '{}[]:a0\u0301\u200b\ufeff"), maxLength: 12 }),
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "tone", "bias/age", ""),
);
