import { readFileOrExplain, whatIsAt } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";

/** An object of a JSON file. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON file.
 *
 * @param what names what the file should be, with its article
 * @throws DataError when it is missing or no JSON
 */
export async function readJson(path: string, what: string): Promise<unknown> {
  const bytes = await readFileOrExplain(path, what);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new DataError(`${path} is no JSON file; ${what} is expected.`, { cause: error });
  }
}

/** Reads a JSON file that holds an object. Throws as `readJson` does, and when it holds something else. */
export async function readJsonObject(path: string, what: string): Promise<JsonObject> {
  const value = await readJson(path, what);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new DataError(`${path} holds no JSON object; ${what} is expected.`);
}

/** Reads a JSON file that holds an object, or gives an empty one where there is no file. */
export async function readJsonObjectIfThere(path: string, what: string): Promise<JsonObject> {
  return await whatIsAt(path) === "file" ? await readJsonObject(path, what) : {};
}
