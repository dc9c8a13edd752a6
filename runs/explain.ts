import { SharedEngine } from "../encoders/shared_engine.ts";
import type { Engine } from "../engine/engine.ts";
import type { Module } from "../engine/nn/module.ts";
import { halfBytes } from "../kernels/elementwise/half.ts";
import type { GradScaler } from "../engine/optim/grad_scaler.ts";
import type { Optimizer } from "../engine/optim/optimizer.ts";
import { Parameter } from "../engine/tensors/parameter.ts";
import type { Shape } from "../engine/tensors/storage.ts";
import { Tensor } from "../engine/tensors/tensor.ts";
import { BatchSource } from "../recipes/training/batch.ts";
import { LabelledSource } from "../recipes/training/labelled_source.ts";
import { epochBatches } from "../recipes/training/batches.ts";
import { StreamedRows } from "../recipes/training/streamed_rows.ts";
import { expectRoom } from "./training/memory.ts";
import { makeModel, type Model } from "../recipes/model.ts";
import { makeOptimizer } from "../recipes/training/optimizers.ts";
import { scalerFor } from "../recipes/training/precision.ts";
import { expectPrecision } from "./training/expect_precision.ts";
import { prepareRun } from "./prepare/prepare_run.ts";
import type { Observer, RowCounts } from "../data/observer.ts";
import { recipeNamed } from "../recipes/registry.ts";
import type { RunConfig } from "./run_folder.ts";
import { widthsOf } from "../scoring/model_scorer.ts";
import { trainStep } from "../recipes/training/train_step.ts";

/** A part of a network that has values of its own. */
export interface LayerDescription {
  /** "lin.0". */
  readonly path: string;
  /** "Linear". */
  readonly type: string;
  /** Its parameters and buffers. */
  readonly tensors: readonly { readonly name: string; readonly shape: Shape }[];
  /** Numbers that are learnt, or fitted where nothing is learnt. */
  readonly parameters: number;
}

/** An op that a training step records, forward. */
export interface OperationDescription {
  /** "linear". */
  readonly name: string;
  /** Shape of its result. */
  readonly shape: Shape;
  /** Multiply-adds of a product of matrices; 0 for all else. */
  readonly multiplyAdds: number;
}

/** What a training would be like. */
export interface Explanation {
  /** What the adapter calls itself. */
  readonly adapter: string;
  /** Parts of the network that have values of their own. */
  readonly layers: readonly LayerDescription[];
  /** Forward ops of a step, in their order. */
  readonly operations: readonly OperationDescription[];
  /** Rows of the data, of a batch, and batches. */
  readonly rows: RowCounts & { readonly batch: number; readonly batchesPerEpoch: number };
  /** True where the model is fitted in closed form: a step is then the scoring of a batch. */
  readonly fitted: boolean;
  /** Numbers that are learnt, or fitted. */
  readonly parameters: number;
  /** Bytes of GPU memory. */
  readonly memory: {
    /** Values, gradients and what the optimiser keeps of them. */
    readonly parameters: number;
    /** Copies in f16 of what the products of a step read; 0 in f32. */
    readonly halves: number;
    /** Embeddings of all texts and metrics, and the labels of the train rows. */
    readonly tables: number;
    /** All that is reserved after a few steps. */
    readonly reserved: number;
  };
  /** What a step costs. */
  readonly step: {
    /** Of the forward pass; a step with its backward pass takes about three times as many. */
    readonly multiplyAdds: number;
    /** Median of a few steps on this adapter, kernels compiled before. */
    readonly seconds: number;
  };
}

const timedSteps = 3;

/**
 * Takes a training apart without carrying it out: reads the data, makes the network, runs a few steps on the first batch
 * and throws everything away.
 */
export async function explainTraining(config: RunConfig, reporter: Observer): Promise<Explanation> {
  await using shared = new SharedEngine(null, { onNote: (sentence) => reporter.note?.(sentence) });
  await expectPrecision(shared, config.settings);
  const prepared = await prepareRun(config, reporter, { engine: shared });
  await expectRoom(config, widthsOf(prepared.inputs), shared);
  const engine = await shared.open();
  const { data, counts, inputs } = prepared;
  const model = makeModel(engine, recipeNamed(config.recipe), config.settings, widthsOf(inputs));
  const fitted = model.recipe.fitted?.(model.settings) ?? false;
  const layers = layersOf(model.network, fitted);
  const before = engine.memory().liveBytes;
  const streamed = data.blocks ? new StreamedRows(data.blocks, model, data.train) : null;
  const source = new BatchSource(engine, data.tables);
  const rows = new LabelledSource(engine, source, data.train, streamed !== null);
  const tables = engine.memory().liveBytes - before;
  const optimizer = fitted ? null : makeOptimizer(model.network.parameters(), config.settings.optimizer);
  const batches = streamed?.batches(0) ?? epochBatches(model, data.train, 0);
  // A recipe without steps is shown scoring a batch.
  const first = batches[0] ??
    Uint32Array.from(
      { length: Math.min(config.settings.training.batchSize, data.train.score.length) },
      (_, row) => row,
    );
  const texts = await streamed?.texts(first);
  streamed?.dispose();
  const labelled = () => rows.batch(rows.send(first, { streamed: texts }));
  const scaler = fitted ? null : scalerFor(engine, config.settings.training);
  const { operations, halves } = engine.scope(() => {
    if (fitted) return { operations: [], halves: 0 };
    const ops = opsOf(model.recipe.loss(model.network, labelled(), model.settings));
    return { operations: ops.map(described), halves: scaler ? halfCopies(ops) : 0 };
  });
  const seconds = await measure(engine, model, optimizer, scaler, labelled);
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  const explanation = {
    adapter: engine.adapterDescription,
    layers,
    operations,
    fitted,
    rows: { ...counts, batch: first.length, batchesPerEpoch: batches.length },
    parameters,
    memory: {
      parameters: parameters * 4 * (optimizer ? 2 + optimizer.momentNames.length : 1),
      halves,
      tables,
      reserved: engine.memory().reservedBytes,
    },
    step: { multiplyAdds: operations.reduce((sum, operation) => sum + operation.multiplyAdds, 0), seconds },
  };
  for (const owned of [optimizer, scaler, rows, source, model.network]) owned?.dispose();
  return explanation;
}

function layersOf(network: Module, fitted: boolean): LayerDescription[] {
  return [...network.namedModules()].flatMap(([path, module]) => {
    const own = Object.entries(module).flatMap(([name, value]): [string, Tensor][] =>
      // A list of tensors, such as one for each text field, is numbered.
      [value].flat().flatMap((tensor, i) =>
        tensor instanceof Tensor ? [[Array.isArray(value) ? `${name}.${i}` : name, tensor]] : []
      )
    );
    if (own.length === 0) return [];
    return [{
      path: path === "" ? "(network)" : path,
      type: module.constructor.name,
      tensors: own.map(([name, { shape }]) => ({ name, shape })),
      parameters: own.reduce((sum, [, tensor]) => sum + (fitted || tensor instanceof Parameter ? tensor.size : 0), 0),
    }];
  });
}

/** Results of all ops that a loss was computed from and that gradients flow through, first op first. */
function opsOf(loss: Tensor): Tensor[] {
  const found = new Set<Tensor>(), waiting = [loss];
  while (waiting.length > 0) {
    const tensor = waiting.pop()!;
    if (tensor instanceof Parameter || !tensor.origin || found.has(tensor)) continue;
    found.add(tensor);
    waiting.push(...tensor.origin.inputs);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

function described(output: Tensor): OperationDescription {
  const { name, inputs } = output.origin!;
  return { name, shape: output.shape, multiplyAdds: multiplyAdds(name, inputs, output) };
}

/** Bytes of the copies in f16 that `engine.autocast` makes of what products read, each once. */
function halfCopies(ops: readonly Tensor[]): number {
  const products = ops.map(({ origin }) => origin!).filter(({ name }) => name === "linear" || name === "matmul");
  const operands = new Set(products.flatMap(({ inputs }) => inputs.slice(0, 2)));
  return [...operands].reduce((sum, { size }) => sum + halfBytes(size), 0);
}

/** Multiply-adds of an op, as far as it is a product of matrices. */
function multiplyAdds(name: string, [a, b]: readonly Tensor[], output: Tensor): number {
  if (name === "linear") return a!.size * b!.shape[0]!;
  // x1ᵀ W_o x2 for each row: W x2, then the product with x1.
  if (name === "bilinear") return a!.size * output.shape.at(-1)! * b!.shape.at(-1)!;
  if (name !== "matmul") return 0;
  // [m, k] x [k, n] of each of `batch`: sizes say it whichever of them is transposed or shared.
  const batch = output.shape.slice(0, -2).reduce((product, size) => product * size, 1);
  const depth = a!.size / (batch * output.shape.at(-2)!);
  return output.size * depth;
}

async function measure(
  engine: Engine,
  model: Model,
  optimizer: Optimizer | null,
  scaler: GradScaler | null,
  labelled: () => Parameters<typeof trainStep>[2],
): Promise<number> {
  const { recipe, network, settings } = model;
  const seconds: number[] = [];
  for (let step = 0; step <= timedSteps; step++) {
    const started = performance.now();
    await engine.step(() => {
      if (optimizer) trainStep(model, optimizer, labelled(), scaler);
      else recipe.predict(network, labelled(), settings);
    });
    await engine.finish();
    seconds.push((performance.now() - started) / 1000);
  }
  // The first step compiles the kernels.
  return seconds.slice(1).sort((a, b) => a - b)[Math.floor(timedSteps / 2)]!;
}
