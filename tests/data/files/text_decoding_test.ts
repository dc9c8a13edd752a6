import assert from "node:assert/strict";
import { decodeText } from "../../../data/files/text_decoding.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string, littleEndian: boolean) => {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return bytes;
};
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

function decode(bytes: Uint8Array) {
  const notes: string[] = [];
  return { ...decodeText(bytes, "t.json", (note) => notes.push(note)), notes };
}

Deno.test("text: UTF-8 is read without a note, a byte order mark is passed over, offsets count bytes", () => {
  const plain = decode(utf8("aé தமிழ் 😀b"));
  assert.deepEqual([plain.text, plain.notes, plain.damage], ["aé தமிழ் 😀b", [], undefined]);
  assert.equal(plain.byteOffset(2), 3);
  assert.equal(plain.byteOffset(plain.text.length - 1), utf8("aé தமிழ் 😀").length);
  const marked = decode(utf8("\ufeff[1]"));
  assert.deepEqual([marked.text, marked.notes, marked.byteOffset(1)], ["[1]", [], 4]);
});

for (
  const [name, littleEndian, mark] of [["LE", true, true], ["BE", false, true], ["LE", true, false], [
    "BE",
    false,
    false,
  ]] as const
) {
  Deno.test(`text: UTF-16 ${name} ${mark ? "with" : "without"} byte order mark is decoded with a note`, () => {
    const { text, notes, byteOffset } = decode(utf16(`${mark ? "\ufeff" : ""}["தமிழ்"]`, littleEndian));
    assert.equal(text, '["தமிழ்"]');
    assert.deepEqual(notes, ["t.json is UTF-16 text; it was decoded as such."]);
    assert.equal(byteOffset(3), mark ? 8 : 6);
  });
}

Deno.test("text: Latin-1 is decoded as Windows-1252 with a note", () => {
  const { text, notes, byteOffset } = decode(latin1('["café", "naïve", "\x93quoted\x94"]'));
  assert.equal(text, '["café", "naïve", "“quoted”"]');
  assert.deepEqual(notes, ["t.json is not UTF-8; it was decoded as Windows-1252 (Latin-1)."]);
  assert.equal(byteOffset(8), 8);
});

Deno.test("text: one bad byte among UTF-8 is damage at its place, not another encoding", () => {
  for (const before of ["தமிழ் text", "naïve café"]) {
    const { text, damage, notes } = decode(new Uint8Array([...utf8(before), 0xff, ...utf8(" é")]));
    assert.equal(text, before);
    assert.deepEqual(damage, { byte: utf8(before).length, problem: "the byte 0xff is not valid UTF-8" });
    assert.deepEqual(notes, []);
  }
});

Deno.test("text: a file cut inside a character is damaged there, whatever precedes it", () => {
  for (const before of ["plain", "தமிழ்"]) {
    for (const [character, kept] of [["é", 1], ["த", 1], ["த", 2], ["😀", 3]] as const) {
      const { damage, text } = decode(new Uint8Array([...utf8(before), ...utf8(character).subarray(0, kept)]));
      assert.deepEqual(damage, { byte: utf8(before).length, problem: "the file ends inside a character" });
      assert.equal(text, before);
    }
  }
});

Deno.test("text: overlong forms and surrogates are no UTF-8", () => {
  for (const bad of [[0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
    const { damage } = decode(new Uint8Array([...utf8("தமிழ்"), ...bad, ...utf8("தமிழ்")]));
    assert.equal(damage?.byte, utf8("தமிழ்").length);
  }
});

Deno.test("text: bytes that are no text are damage at the first of them", () => {
  const { damage, notes } = decode(new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0, 1, 0xff, 0xfe]));
  assert.deepEqual([damage, notes], [{ byte: 0, problem: "the byte 0x93 is not valid UTF-8" }, []]);
});

Deno.test("text: an empty file and UTF-32 are refused", () => {
  assert.throws(() => decode(new Uint8Array(0)), { name: "DataError", message: "t.json is empty." });
  assert.throws(
    () => decode(new Uint8Array([0xff, 0xfe, 0, 0, 0x5b, 0, 0, 0])),
    /^DataError: t.json looks like UTF-32/,
  );
});
