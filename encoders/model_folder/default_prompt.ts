import { describeValue } from "../../engine/files/describe_value.ts";
import { platform } from "../../engine/platform/here.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import type { NoteTaker } from "../../data/note_taker.ts";
import { readJsonObjectIfThere } from "../../data/files/json_object.ts";

const { join } = platform;

/** Where sentence-transformers names the prompts of a model. */
export const promptsFile = "config_sentence_transformers.json";

/** Prompts that every model has, empty by default. */
const usualPrompts: Readonly<Record<string, unknown>> = { query: "", document: "" };

/** What `config_sentence_transformers.json` says of rows. */
export interface PromptsFile {
  /** Put before each text; "" for nothing. */
  readonly prompt: string;
  /** First dimensions of a row that are kept (`truncate_dim`); undefined for all. */
  readonly dimensions: number | undefined;
}

/**
 * Reads the prompt that is named, or that `default_prompt_name` names, which belongs before each text, and `truncate_dim`.
 *
 * @param asked name of a prompt; undefined for the default one
 * @throws DataError when the file lacks the prompt, or a setting is not what it has to be
 */
export async function readPromptsFile(folder: string, asked?: string): Promise<PromptsFile> {
  const path = join(folder, promptsFile), config = await readJsonObjectIfThere(path, "the prompts of an encoder");
  const { default_prompt_name: usual = null, prompts = null, truncate_dim: dimensions = null } = config;
  if (dimensions !== null && !(Number.isSafeInteger(dimensions) && (dimensions as number) > 0)) {
    throw new DataError(`${path}: "truncate_dim" is ${describeValue(dimensions)}; a positive integer is expected.`);
  }
  const name = asked ?? usual, known = new Map(Object.entries({ ...usualPrompts, ...prompts as object | null }));
  const prompt = name === null ? "" : typeof name === "string" ? known.get(name) : undefined;
  if (typeof prompt === "string") return { prompt, dimensions: dimensions as number | null ?? undefined };
  const names = [...known.keys()].map(describeValue).join(", ");
  throw asked === undefined
    ? new DataError(
      `${path} has the default_prompt_name ${describeValue(name)}; one of its prompts, ${names}, is expected.`,
    )
    : new UsageError(`The prompt ${describeValue(asked)} is asked for; ${path} has ${names}.`);
}

/** What `--prefix` puts before each text: itself and a space, or nothing where it is empty. */
export function promptOf(prefix: string): string {
  return prefix === "" ? "" : `${prefix} `;
}

/**
 * What is put before each text, as options say it: words, or the name of a prompt of the folder.
 *
 * @throws UsageError when both are given
 */
export function promptChanges(
  { prefix, prompt }: { readonly prefix: string | null; readonly prompt?: string | null | undefined },
): { readonly prompt?: string | undefined; readonly promptName?: string | undefined } {
  if (prefix === null) return { promptName: prompt ?? undefined };
  if (prompt == null) return { prompt: promptOf(prefix) };
  throw new UsageError("--prefix and --prompt both say what stands before a text; one of them is expected.");
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
