import { createHash } from "node:crypto";
import type { TextBlocks } from "../../../data/embeddings/text_blocks.ts";
import type { TextTable } from "../../../data/texts/text_layout.ts";
import type { Phase } from "../../../data/observer.ts";

/**
 * Reads all blocks once and keeps the first texts, so that a damaged number is found before the first step.
 *
 * @param resident how many texts are kept
 * @returns their table, and a digest of all embeddings and of how they are cut into blocks, on which the order of training
 * depends
 */
export async function readResident(
  blocks: TextBlocks,
  resident: number,
  phase: Phase,
): Promise<{ readonly texts: TextTable; readonly digest: string }> {
  const { blockRows, windowBlocks } = blocks.sizes, hash = createHash("sha256").update(`${blockRows} ${windowBlocks} `);
  const ofBlock = Array.from({ length: blocks.count }, (): number[] => []);
  for (let text = 0; text < resident; text++) ofBlock[blocks.blockOf(text)]!.push(text);
  let kept: TextTable | null = null;
  for (const [block, texts] of ofBlock.entries()) {
    await phase("reading embeddings", block, blocks.count);
    const { data, fields, dimension } = await blocks.read(block), width = fields * dimension;
    kept ??= { data: new Float32Array(resident * width), fields, dimension };
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    for (const text of texts) {
      const at = blocks.rowInBlock(text) * width;
      kept.data.set(data.subarray(at, at + width), text * width);
    }
  }
  return { texts: kept!, digest: hash.digest("hex") };
}
