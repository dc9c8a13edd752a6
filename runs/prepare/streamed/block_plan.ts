import type { BlockSizes } from "../../../data/embeddings/text_blocks.ts";
import { EmbeddingRows } from "../../../data/embeddings/embedding_rows.ts";
import { counted } from "../../../data/texts/counted.ts";
import { machineMemory } from "../../../engine/device/memory.ts";
import { DataError, UsageError } from "../../../kernels/errors.ts";
import { recipeNamed, recipes } from "../../../recipes/registry.ts";
import type { RunConfig } from "../../run_folder.ts";

/** Copies of the embeddings, as float32, that a run in memory holds at its peak: as read, as laid out, and on the GPU. */
const copiesInMemory = 3;
/** Part of the memory that a window takes, and part that the rows take that are not streamed. */
const windowShare = 1 / 16;
const windowBlocks = 16;

/** How the embeddings of a run are read from disk that are more than its memory holds. */
export interface BlockPlan extends BlockSizes {
  /** Bytes that the run may take. */
  readonly memory: number;
  /** Bytes of all embeddings as float32. */
  readonly bytes: number;
  /** Rows that memory has room for besides those that are streamed: held-out rows and those of the baseline. */
  readonly residentRows: number;
}

/**
 * Plans how the embeddings of a run are streamed; null where they fit into memory, or there are none.
 *
 * @param files.memory bytes that the run may take; all of the machine's by default
 * @throws UsageError or DataError where they do not fit into memory that was given, and cannot be streamed
 */
export async function planBlocks(
  { recipe, settings, files }: RunConfig,
  onNote: (sentence: string) => void,
): Promise<BlockPlan | null> {
  const memory = files?.memory ?? machineMemory()?.total;
  if (!files?.embeddings || files.recover || memory === undefined) return null;
  using rows = await EmbeddingRows.open(files.embeddings);
  const count = rows.files[0]!.rows;
  const rowBytes = 4 * rows.files.length * rows.dimension, bytes = count * rowBytes;
  if (copiesInMemory * bytes <= memory) return null;
  const beyond = `The embeddings in ${files.embeddings} (${gigabytes(bytes)} as float32) take about ${
    gigabytes(copiesInMemory * bytes)
  } in training, more than ${files.memory === undefined ? "this machine has" : gigabytes(memory)}`;
  if (!recipeNamed(recipe).streams) {
    const able = recipes.filter(({ streams }) => streams).map(({ name }) => name).join(" or ");
    const lack = `${beyond}, and ${recipe} cannot stream them from disk`;
    if (files.memory !== undefined) throw new UsageError(`${lack}; --recipe ${able} is expected.`);
    onNote(`${lack}, as ${able} can.`);
    return null;
  }
  const columnMajor = rows.files.find(({ byRow }) => !byRow);
  if (columnMajor) {
    throw new DataError(
      `${columnMajor.path} is in Fortran (column-major) order, of which rows cannot be streamed from disk; row-major order ` +
        "is expected.",
    );
  }
  const windowRows = Math.floor(windowShare * memory / rowBytes), { batchSize } = settings.training;
  const least = Math.max(batchSize, windowBlocks);
  if (windowRows < least) {
    throw new UsageError(
      `${gigabytes(memory)} of memory have room for ${
        counted(windowRows, "row")
      } of ${rowBytes} bytes that are shuffled ` +
        `together (a sixteenth of it); at least ${gigabytes(least * rowBytes / windowShare)} are expected.`,
    );
  }
  return {
    memory,
    bytes,
    rows: count,
    blockRows: Math.floor(windowRows / windowBlocks),
    windowBlocks,
    residentRows: windowRows,
  };
}

/** Says what is streamed. */
export function describePlan({ bytes, blockRows, windowBlocks, memory }: BlockPlan): string {
  return `The embeddings (${gigabytes(bytes)} as float32) are streamed from disk in blocks of ${
    counted(blockRows, "row")
  }, ${windowBlocks} of them shuffled together, to train in ${gigabytes(memory)}.`;
}

function gigabytes(bytes: number): string {
  const [unit, name] = bytes < 1e8 ? [1e6, "MB"] : [1e9, "GB"];
  return `${Number((bytes / unit).toPrecision(3))} ${name}`;
}
