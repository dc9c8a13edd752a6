import { whatIsAt } from "../../engine/files/files.ts";
import { describeValue } from "../../engine/files/describe_value.ts";
import { platform } from "../../engine/platform/here.ts";
import { DataError } from "../../kernels/errors.ts";
import { readPromptsFile } from "./default_prompt.ts";
import { type DenseSettings, readDense } from "./dense_settings.ts";
import { type JsonObject, readJson, readJsonObjectIfThere } from "../../data/files/json_object.ts";
import { type Pooling, type PoolingMode, readPooling } from "./pooling.ts";
import { readTransformerSettings, type TransformerSettings } from "./transformer_settings.ts";

const { join } = platform;

/** A step from hidden states to the vector of a text. Steps before the pooling apply to each token. */
export type SentenceModule =
  | Pooling & { readonly kind: "pooling" }
  | DenseSettings & { readonly kind: "dense" }
  | { readonly kind: "normalize" }
  | Truncation;

/** Keeps the first dimensions of a row, which models of nested embeddings are trained for. */
export interface Truncation {
  /** Tells it from other steps. */
  readonly kind: "truncate";
  /** How many. */
  readonly dimensions: number;
}

/** What sentence-transformers' files say of an encoder. */
export interface SentenceHead extends TransformerSettings {
  /** Folder of the encoder itself. */
  readonly folder: string;
  /** What follows the encoder, in order: one pooling, with dense layers and normalisations before and after it. */
  readonly modules: readonly SentenceModule[];
  /** Put before each text. */
  readonly prompt: string;
}

/** What overrides the files. */
export interface HeadChanges {
  /** How token vectors are pooled. */
  readonly pooling?: PoolingMode | undefined;
  /** True for rows of length 1; false for rows before a final normalisation. */
  readonly normalize?: boolean | undefined;
  /** Put before each text. */
  readonly prompt?: string | undefined;
  /** Name of a prompt of the files, in place of the default one. */
  readonly promptName?: string | undefined;
  /** First dimensions of a row that are kept. */
  readonly dimensions?: number | undefined;
}

/**
 * Reads `modules.json` and what it names. A folder without it holds only an encoder: tokens are pooled as
 * `1_Pooling/config.json` says, by their mean without that file, and rows are normalised to length 1.
 *
 * @throws DataError when a module is unknown or its settings are not what they have to be
 */
export async function readSentenceHead(folder: string, changes: HeadChanges = {}): Promise<SentenceHead> {
  const path = join(folder, "modules.json");
  const listed = await whatIsAt(path) === "file" ? await readModules(folder, path) : {
    folder,
    modules: [
      { kind: "pooling", ...await readPooling(join(folder, "1_Pooling", "config.json")) },
      { kind: "normalize" },
    ] satisfies SentenceModule[],
  };
  const { prompt, dimensions } = await readPromptsFile(folder, changes.promptName);
  return {
    folder: listed.folder,
    modules: changed(listed.modules, { ...changes, dimensions: changes.dimensions ?? dimensions }),
    prompt: changes.prompt ?? prompt,
    ...await readTransformerSettings(listed.folder),
  };
}

/** Dimensions of a text's vector. */
export function headWidth({ modules }: Pick<SentenceHead, "modules">, tokenWidth: number): number {
  return modules.reduce((width, module) => {
    if (module.kind === "pooling") return width * module.modes.length;
    if (module.kind === "truncate") return Math.min(width, module.dimensions);
    return module.kind === "dense" ? module.outFeatures : width;
  }, tokenWidth);
}

/**
 * Checks that each dense layer fits its input, and that a row has the dimensions that are kept.
 *
 * @throws DataError naming the first that does not
 */
export function checkWidths({ modules }: Pick<SentenceHead, "modules">, tokenWidth: number): void {
  modules.forEach((module, i) => {
    const width = headWidth({ modules: modules.slice(0, i) }, tokenWidth);
    if (module.kind === "truncate" && module.dimensions > width) {
      throw new DataError(`A row has ${width} dimensions; the first ${module.dimensions} are asked for.`);
    }
    if (module.kind !== "dense" || module.inFeatures === width) return;
    const path = join(module.folder, "config.json");
    throw new DataError(`${path}: "in_features" is ${module.inFeatures}, but its input has ${width} dimensions.`);
  });
}

/** The pooling of a head. */
export function poolingOf({ modules }: Pick<SentenceHead, "modules">): Pooling {
  return modules.find((module) => module.kind === "pooling")!;
}

/** The dense layers of a head, in order. */
export function denseOf({ modules }: Pick<SentenceHead, "modules">): DenseSettings[] {
  return modules.filter((module) => module.kind === "dense");
}

function changed(
  modules: readonly SentenceModule[],
  { pooling, normalize, dimensions }: HeadChanges,
): SentenceModule[] {
  const found = modules.map((module) =>
    module.kind === "pooling" && pooling !== undefined ? { ...module, modes: [pooling] } : module
  );
  const normalized = found.at(-1)!.kind === "normalize";
  if (normalize === false && normalized) found.pop();
  if (dimensions !== undefined) found.push({ kind: "truncate", dimensions });
  if (normalize === true && found.at(-1)!.kind !== "normalize") found.push({ kind: "normalize" });
  return found;
}

/** The vectors that a module changes, by sentence-transformers' names. */
type Level = "token_embeddings" | "sentence_embedding";

async function readModules(folder: string, path: string): Promise<Pick<SentenceHead, "folder" | "modules">> {
  const entries = await readJson(path, "a list of sentence-transformers' modules");
  if (!Array.isArray(entries)) {
    throw new DataError(`${path} holds no list; sentence-transformers' modules are expected.`);
  }
  let encoder: string | undefined, pooled = false;
  let tokens: SentenceModule[] = [], row: SentenceModule[] = [];
  for (const [i, entry] of entries.entries()) {
    const { kind, type, below } = readEntry(entry, i, folder, path);
    if ((kind === "Transformer") !== (i === 0)) {
      throw new DataError(
        `${path}, entry ${i} is ${describeValue(type)}; exactly one Transformer, as the first entry, is expected.`,
      );
    }
    if (kind === "Transformer") encoder = below;
    else if (kind === "Pooling") {
      // A second pooling starts from the tokens again.
      row = [...tokens, { kind: "pooling", ...await readPooling(join(below, "config.json")) }];
      pooled = true;
    } else {
      const { module, level } = await (kind === "Dense" ? denseModule(below) : normalizeModule(below));
      if (level === "token_embeddings") tokens = [...tokens, module];
      else if (pooled) row.push(module);
      else if (kind === "Dense") {
        throw new DataError(`${path}, entry ${i}: a Dense layer of sentence_embedding comes before any Pooling.`);
      }
    }
  }
  if (encoder !== undefined && pooled) return { folder: encoder, modules: row };
  throw new DataError(`${path} names no Pooling; at least a Transformer and a Pooling are expected.`);
}

/** A path that begins at a root or a drive. */
const absolute = /^(?:[\\/]|[A-Za-z]:)/;

const kinds = ["Transformer", "Pooling", "Dense", "Normalize"] as const;

function readEntry(entry: unknown, i: number, folder: string, path: string) {
  const { type, path: name } = (entry ?? {}) as { readonly type?: unknown; readonly path?: unknown };
  if (typeof type === "string") {
    const last = /^sentence_transformers\.(?:\w+\.)*(\w+)$/.exec(type)?.[1], kind = kinds.find((one) => one === last);
    if (!kind) {
      const known = kinds.join(", ");
      throw new DataError(
        `${path} names the module ${describeValue(type)}; known are sentence-transformers' ${known}.`,
      );
    }
    if (typeof name === "string") {
      if (/\p{Cc}/u.test(name)) {
        throw new DataError(`${path}, entry ${i}: the path ${describeValue(name)} holds control characters.`);
      }
      if (!absolute.test(name) && !name.split(/[\\/]/).includes("..")) return { kind, type, below: join(folder, name) };
      throw new DataError(`${path}, entry ${i}: the path ${describeValue(name)} points outside the folder.`);
    }
  }
  throw new DataError(
    `${path}, entry ${i}: ${describeValue(entry)} is not a module; an object with a type and a path is expected.`,
  );
}

async function denseModule(folder: string) {
  const { config, ...dense } = await readDense(folder);
  return { module: { kind: "dense", ...dense } as const, level: levelOf(config, join(folder, "config.json")) };
}

async function normalizeModule(folder: string) {
  const path = join(folder, "config.json"),
    config = await readJsonObjectIfThere(path, "the settings of a normalisation");
  return { module: { kind: "normalize" } as const, level: levelOf(config, path) };
}

function levelOf({ module_input_name: input, module_output_name: output }: JsonObject, path: string): Level {
  const from = input ?? "sentence_embedding", to = output ?? from;
  if (from === to && (from === "token_embeddings" || from === "sentence_embedding")) return from;
  throw new DataError(
    `${path} reads ${describeValue(from)} and writes ${describeValue(to)}; ` +
      "token_embeddings or sentence_embedding for both is expected.",
  );
}
