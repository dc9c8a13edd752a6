import { MetrogradError } from "../../kernels/errors.ts";

const encoder = new TextEncoder();

/** Longest group of characters, in bytes, that is looked up as a whole. */
const longestGroup = 5;

/**
 * The normalizer of a SentencePiece model: a table of what takes the place of which characters, as a trie of their bytes in
 * a double array. As in Python's tokenizers, the table is asked for groups of characters that are seen as one and then for
 * each character, and the first entry that such a group begins with takes the place of all of it.
 *
 * @param charsmap in base64: the bytes of the trie, the trie, and what its leaves point to, each ended by NUL
 * @see Aoe, "An efficient digital search algorithm by using a double-array structure" (1989)
 * @throws MetrogradError when the table is cut off
 */
export function charsmapNormalizer(charsmap: string | null | undefined): (text: string) => string {
  if (!charsmap) return (text) => text;
  const bytes = Uint8Array.from(atob(charsmap), (character) => character.charCodeAt(0)),
    view = new DataView(bytes.buffer);
  const size = bytes.length >= 4 ? view.getUint32(0, true) : NaN;
  if (!(size % 4 === 0 && size + 4 <= bytes.length)) throw new MetrogradError("its precompiled_charsmap is cut off");
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const targets = bytes.subarray(4 + size), decoder = new TextDecoder();
  const lookUp = (key: Uint8Array): string | null => {
    const at = shortestMatch(units, key);
    if (at === null) return null;
    const end = targets.indexOf(0, at);
    return decoder.decode(targets.subarray(at, end < 0 ? targets.length : end));
  };
  const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const known = new Map<string, string>();
  const replace = (group: string): string => {
    const key = encoder.encode(group), whole = key.length <= longestGroup ? lookUp(key) : null;
    return whole ?? Array.from(group, (character) => lookUp(encoder.encode(character)) ?? character).join("");
  };
  return (text) => {
    let normalized = "";
    for (const { segment } of graphemes.segment(text)) {
      let found = known.get(segment);
      if (found === undefined) {
        found = replace(segment);
        if (known.size < 1 << 16 && segment.length <= longestGroup) known.set(segment, found);
      }
      normalized += found;
    }
    return normalized;
  };
}

/** The value of the shortest beginning of `key` that the trie has; null where it has none. */
function shortestMatch(units: Uint32Array, key: Uint8Array): number | null {
  const offset = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);
  let at = offset(units[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return null;
    at ^= byte;
    const unit = units[at] ?? 0;
    if ((unit & 0x800000ff) >>> 0 !== byte) return null;
    at ^= offset(unit);
    if (unit & 0x100) return (units[at] ?? 0) & 0x7fffffff;
  }
  return null;
}
