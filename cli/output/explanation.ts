import type { Explanation } from "../../runs/explain.ts";
import { counted } from "../../data/texts/counted.ts";
import { alignColumns } from "./terminal.ts";

/** An explanation of a training as text: layers, ops, rows, memory and the cost of a step. */
export function formatExplanation(
  { adapter, fitted, layers, operations, rows, parameters, memory, step }: Explanation,
): string {
  const shape = (sizes: readonly number[]) => `[${sizes.join(", ")}]`;
  const count = (value: number) => value.toLocaleString("en");
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const total = step.multiplyAdds || 1;
  const epoch = step.seconds * rows.batchesPerEpoch;
  const seconds = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} s`;
  const all = rows.added.reduce((sum, [, added]) => sum + added, rows.train), times = all / rows.train;
  const addedRows = rows.added.map(([stage, added]) => [`  and ${stage}`, count(added)]);
  const layerTable = alignColumns([
    ["layer", "type", "values", fitted ? "numbers" : "parameters"],
    ...layers.flatMap(({ path, type, tensors, parameters }) =>
      tensors.map(({ name, shape: sizes }, i) => [
        ...(i === 0 ? [path, type] : ["", ""]),
        `${name} ${shape(sizes)}`,
        i === 0 ? count(parameters) : "",
      ])
    ),
  ], 3);
  const data = [
    ["train rows", count(rows.train)],
    ...addedRows,
    ...(all > rows.train ? [["  together", `${count(all)}, ${times.toFixed(1)} times the records`]] : []),
    ["validation rows", count(rows.validation)],
  ];
  const device = [
    ["memory of the embeddings", megabytes(memory.tables)],
    ["GPU memory reserved", megabytes(memory.reserved)],
  ];
  if (fitted) {
    return [
      layerTable,
      "Fitted in closed form: there are no steps and no epochs.",
      alignColumns([
        ...data,
        ["numbers of the model", count(parameters)],
        ["memory of the model", megabytes(memory.parameters)],
        ...device,
        [`scoring ${counted(rows.batch, "row")} takes`, `${(1000 * step.seconds).toFixed(1)} ms`],
      ]),
      `Measured on ${adapter}.`,
    ].join("\n\n");
  }
  return [
    layerTable,
    alignColumns([
      [`op, for ${rows.batch} rows`, "result", "share of the multiply-adds"],
      ...operations.map(({ name, shape: sizes, multiplyAdds }) => [
        name,
        shape(sizes),
        multiplyAdds === 0 ? "" : `${(100 * multiplyAdds / total).toFixed(1)} %`,
      ]),
    ], 2),
    alignColumns([
      ...data,
      ["parameters", count(parameters)],
      ["memory of parameters, gradients, optimiser", megabytes(memory.parameters)],
      ...(memory.halves > 0 ? [["memory of f16 copies, of one step", megabytes(memory.halves)]] : []),
      ...device,
      ["multiply-adds of a step, forward", count(step.multiplyAdds)],
      ["a step takes", `${(1000 * step.seconds).toFixed(1)} ms`],
      ["steps in an epoch", count(rows.batchesPerEpoch)],
      ["an epoch takes about", seconds(epoch)],
      ...(all > rows.train ? [["  without the rows that are added", seconds(epoch / times)]] : []),
    ]),
    `Measured on ${adapter}.`,
  ].join("\n\n");
}
