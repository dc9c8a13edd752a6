import type { Explanation } from "../models/explain.ts";
import { alignColumns } from "./terminal.ts";

/** An explanation of a training as text: layers, ops, rows, memory and the cost of a step. */
export function formatExplanation(
  { adapter, layers, operations, rows, parameters, memory, step }: Explanation,
): string {
  const shape = (sizes: readonly number[]) => `[${sizes.join(", ")}]`;
  const count = (value: number) => value.toLocaleString("en");
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const total = step.multiplyAdds || 1;
  const epoch = step.seconds * rows.batchesPerEpoch;
  const seconds = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} s`;
  const all = rows.added.reduce((sum, [, added]) => sum + added, rows.train), times = all / rows.train;
  return [
    alignColumns([
      ["layer", "type", "values", "parameters"],
      ...layers.map(({ path, type, tensors, parameters }) => [
        path,
        type,
        tensors.map((tensor) => `${tensor.name} ${shape(tensor.shape)}`).join(", "),
        count(parameters),
      ]),
    ], 3),
    alignColumns([
      [`op, for ${rows.batch} rows`, "result", "share of the multiply-adds"],
      ...operations.map(({ name, shape: sizes, multiplyAdds }) => [
        name,
        shape(sizes),
        multiplyAdds === 0 ? "" : `${(100 * multiplyAdds / total).toFixed(1)} %`,
      ]),
    ], 2),
    alignColumns([
      ["train rows", count(rows.train)],
      ...rows.added.map(([stage, added]) => [`  and ${stage}`, count(added)]),
      ...(all > rows.train ? [["  together", `${count(all)}, ${times.toFixed(1)} times the records`]] : []),
      ["validation rows", count(rows.validation)],
      ["parameters", count(parameters)],
      ["memory of parameters, gradients, optimiser", megabytes(memory.parameters)],
      ...(memory.halves > 0 ? [["memory of f16 copies, of one step", megabytes(memory.halves)]] : []),
      ["memory of the embeddings", megabytes(memory.tables)],
      ["GPU memory reserved in training", megabytes(memory.reserved)],
      ["multiply-adds of a step, forward", count(step.multiplyAdds)],
      [`a step takes on ${adapter}`, `${(1000 * step.seconds).toFixed(1)} ms`],
      ["steps in an epoch", count(rows.batchesPerEpoch)],
      ["an epoch takes about", seconds(epoch)],
      ...(all > rows.train ? [["  without the rows that are added", seconds(epoch / times)]] : []),
    ]),
  ].join("\n\n");
}
