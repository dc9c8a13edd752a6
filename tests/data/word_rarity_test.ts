import assert from "node:assert/strict";
import { join } from "node:path";
import { WordRarity } from "../../data/word_rarity.ts";
import { withFolder } from "../temporary.ts";

Deno.test(
  "word rarity: the inverse document frequency of different texts, which a file keeps",
  withFolder(async (folder) => {
    const rarity = WordRarity.fit(["The cat", "the dog", "the dog", "a மழை"]);
    const close = (got: number, wanted: number) =>
      assert.ok(Math.abs(got - wanted) < 1e-12, `${got}, wanted ${wanted}`);
    close(rarity.mean(["the"]), Math.log(4 / 3));
    close(rarity.mean(["cat", "unknown"]), (Math.log(4 / 2) + Math.log(4 / 1)) / 2);
    close(rarity.mean([]), 0);
    const path = join(folder, "words.safetensors");
    await rarity.write(path);
    close((await WordRarity.read(path)).mean(["மழை", "dog"]), Math.log(2));
  }),
);
