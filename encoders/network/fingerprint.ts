import { openOrExplain, whatIsAt } from "../../engine/files/files.ts";
import { platform } from "../../engine/platform/here.ts";
import type { SentenceHead } from "../model_folder/sentence_head.ts";
import type { TokenizerChanges } from "../tokenizer/text_tokenizer.ts";

const { basename, join } = platform;

/** Part of every fingerprint: changed when texts are prepared or pooled in another way. */
const encodingVersion = 2;

/** SHA-256 of all that decides what a text's row is. */
export async function fingerprintOf(
  head: SentenceHead,
  maxTokens: number,
  precision: string,
  weights: readonly string[],
  changes: TokenizerChanges | null,
) {
  const described = ["config.json", "tokenizer.json"].map((name) => join(head.folder, name));
  const more = join(head.folder, "tokenizer_config.json");
  if (await whatIsAt(more) === "file") described.push(more);
  const { folder: _, tokenizer: __, modules, ...settings } = head;
  return await hashOf([...described, ...weights], {
    ...settings,
    ...changes,
    modules: modules.map((module) => module.kind === "dense" ? { ...module, folder: undefined } : module),
    maxTokens,
    precision,
    encodingVersion,
  });
}

/** SHA-256 of settings and files. */
async function hashOf(paths: readonly string[], settings: unknown): Promise<string> {
  const hash = platform.sha256(), add = (text: string) => hash.update(new TextEncoder().encode(text));
  add(JSON.stringify(settings));
  const piece = new Uint8Array(1 << 20);
  for (const path of paths) {
    using file = await openOrExplain(path, "a file of an encoder");
    add(`${basename(path)} ${(await file.stat()).size}`);
    for (let read; (read = await file.read(piece)) !== null;) hash.update(piece.subarray(0, read));
  }
  return hash.digest();
}
