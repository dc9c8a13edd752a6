/** Fills a cache of vectors for ever: `fill_cache.ts FILE FIRST`; tests kill it. */
import { createHash } from "node:crypto";
import { VectorCache } from "../../../encoders/vector_cache.ts";

const [path, first, last = "Infinity"] = Deno.args;
using cache = new VectorCache(path!);
for (let number = Number(first); number < Number(last); number += 8) {
  const rows = Array.from({ length: 8 }, (_, i) => {
    const text = String(number + i);
    return [createHash("sha256").update(text).digest(), new Float32Array(384).fill(number + i)] as const;
  });
  cache.put("ab".repeat(32), rows);
  if (number === Number(first)) console.log("writing");
}
