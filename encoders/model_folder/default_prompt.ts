import { join } from "node:path";
import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../../data/note_taker.ts";
import { readJsonObjectIfThere } from "../../data/files/json_object.ts";

/** Where sentence-transformers names the prompts of a model. */
export const promptsFile = "config_sentence_transformers.json";

/** Prompts that every model has, empty by default. */
const usualPrompts: Readonly<Record<string, unknown>> = { query: "", document: "" };

/**
 * The prompt that `default_prompt_name` names, which belongs before each text; "" without one.
 *
 * @throws DataError when it names a prompt that the file does not have
 */
export async function readDefaultPrompt(folder: string): Promise<string> {
  const path = join(folder, promptsFile), config = await readJsonObjectIfThere(path, "the prompts of an encoder");
  const { default_prompt_name: name = null, prompts = null } = config;
  if (name === null) return "";
  const known = new Map(Object.entries({ ...usualPrompts, ...prompts as object | null }));
  const prompt = typeof name === "string" ? known.get(name) : undefined;
  if (typeof prompt === "string") return prompt;
  throw new DataError(
    `${path} has the default_prompt_name ${describeValue(name)}; one of its prompts, ${
      [...known.keys()].map(describeValue).join(", ")
    }, is expected.`,
  );
}

/** What `--prefix` puts before each text: itself and a space, or nothing where it is empty. */
export function promptOf(prefix: string): string {
  return prefix === "" ? "" : `${prefix} `;
}

/** A sentence about a folder's prompt, without its end; null without a prompt. */
export function promptNote(encoder: string, prompt: string): string | null {
  if (prompt === "") return null;
  return `${encoder} puts ${JSON.stringify(prompt)} before each text, the default prompt of its ${promptsFile}`;
}

/** Reports a folder's prompt, and that `--prefix` replaces it. */
export function notePrompt(encoder: string, prompt: string, onNote: NoteTaker): void {
  const note = promptNote(encoder, prompt);
  if (note) onNote(`${note}; --prefix replaces it.`);
}
