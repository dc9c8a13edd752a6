import { basename, join } from "node:path";
import { encodeRecords } from "../data/encode_records.ts";
import { HashEncoder } from "../data/encoders/hash.ts";
import { MetricTable } from "../data/metric_table.ts";
import { writeNpy } from "../data/npy.ts";
import type { MetricRecord } from "../data/records.ts";
import { meanText, readTextEmbeddings, type TextEmbeddings } from "../data/text_embeddings.ts";
import type { Engine } from "../engine/engine.ts";
import { fillFolder } from "../engine/files.ts";
import { readSafetensors, tensorToFloat32, writeSafetensors } from "../engine/safetensors.ts";
import { DataError, ShapeError } from "../kernels/errors.ts";
import { Philox } from "../kernels/philox.ts";
import { BilinearNetwork } from "./bilinear.ts";
import type { BilinearConfig } from "./config.ts";
import { type Predictions, predictRows } from "./predict_rows.ts";
import { RunFolder, type RunInputs } from "./run_folder.ts";
import type { Rows } from "./training_data.ts";

/** How records are scored. */
export interface ScoreOptions {
  /** What messages call the records, such as their file. */
  readonly source: string;
  /** Folder of text embeddings, where the run was trained on such. */
  readonly embeddings?: string | null;
  /** Metrics that training has not seen. */
  readonly metrics?: MetricTable | null;
  /** Told in a sentence of anything worth knowing about the input. */
  readonly onNote?: (sentence: string) => void;
}

/** What the network sees of some records. */
export interface Features {
  /** One row a record, [records, text dimension]. */
  readonly texts: Float32Array<ArrayBuffer>;
  /** Numbers in a text's row. */
  readonly textDimension: number;
  /** The run's metrics and those that were added. */
  readonly metrics: MetricTable;
  /** For each record the number of its text and of its metric. */
  readonly rows: Rows;
}

/** Makes the network of a recipe, with first values drawn from its seed. */
export function makeNetwork(
  engine: Engine,
  { seed, rank, hidden, dropout }: BilinearConfig,
  { textDimension, metricDimension }: Pick<RunInputs, "textDimension" | "metricDimension">,
): BilinearNetwork {
  return new BilinearNetwork({ engine, random: new Philox(seed, 0x1417) }, {
    metric: metricDimension,
    text: textDimension,
    rank,
    hidden,
    dropout,
  });
}

/** A trained run, ready to score records. */
export class Scorer {
  private constructor(
    readonly engine: Engine,
    readonly network: BilinearNetwork,
    readonly inputs: RunInputs,
    readonly metrics: MetricTable,
    readonly encoder: HashEncoder | null,
    readonly settings: BilinearConfig,
  ) {}

  /**
   * Loads a run's best model.
   *
   * @throws DataError when the folder holds no finished run, ShapeError when its weights disagree with its config
   */
  static async load(engine: Engine, path: string): Promise<Scorer> {
    const folder = new RunFolder(path);
    const { config, inputs } = await folder.readConfig();
    if (!inputs) throw new DataError(`${path} has not begun to train; go on with train --resume ${path}.`);
    const { tensors } = await readSafetensors(folder.model, "the model of a run");
    const metrics = await MetricTable.readFrom(path);
    const encoder = inputs.texts === "hash"
      ? HashEncoder.fromState((await readSafetensors(folder.encoder, "the encoder of a run")).tensors)
      : null;
    const network = makeNetwork(engine, config.settings, inputs);
    try {
      network.loadStateDict(
        new Map(
          [...tensors].map((
            [name, tensor],
          ) => [name, { shape: tensor.shape, data: tensorToFloat32(tensor) as Float32Array<ArrayBuffer> }]),
        ),
        folder.model,
      );
    } catch (error) {
      network.dispose();
      throw error;
    }
    return new Scorer(engine, network, inputs, metrics, encoder, config.settings);
  }

  /**
   * What the network sees of records.
   *
   * @throws DataError when a metric has no embedding or the text embeddings are not of the run's kind
   */
  async features(records: readonly MetricRecord[], options: ScoreOptions): Promise<Features> {
    const { source, metrics: added = null, onNote = () => {} } = options;
    const metrics = added
      ? this.metrics.merge(added, { source: "The table of further metrics", onNote })
      : this.metrics;
    const metric = Uint32Array.from(
      records,
      ({ metric }, i) => metrics.indexOf(metric, `${source}, record ${i + 1}`),
    );
    const embeddings = await this.#embed(records, options);
    return {
      texts: meanText(embeddings) as Float32Array<ArrayBuffer>,
      textDimension: embeddings.dimension,
      metrics,
      rows: { text: Uint32Array.from(records.keys()), metric },
    };
  }

  /** Scores what `features` has made. */
  async predict({ texts, textDimension, metrics, rows }: Features): Promise<Predictions> {
    const textTable = this.engine.tensor([texts.length / textDimension, textDimension], texts, "text embeddings");
    const metricTable = this.engine.tensor(
      [metrics.names.length, metrics.dimension],
      metrics.embeddings,
      "metric embeddings",
    );
    try {
      return await predictRows(this.engine, this.network, metricTable, textTable, rows);
    } finally {
      textTable.dispose();
      metricTable.dispose();
    }
  }

  /** Frees the network. */
  dispose(): void {
    this.network.dispose();
  }

  async #embed(
    records: readonly MetricRecord[],
    { source, embeddings: folder = null, onNote = () => {} }: ScoreOptions,
  ): Promise<TextEmbeddings> {
    const { texts, textDimension } = this.inputs;
    if (this.encoder) {
      if (folder !== null) {
        throw new DataError(
          `This run was trained with the built-in encoder, so it cannot use the embeddings in ${folder}.`,
        );
      }
      return await encodeRecords(this.encoder, records);
    }
    if (folder === null) {
      throw new DataError(
        `This run was trained on embeddings (${(texts as string[]).join(", ")}); --embeddings is missing.`,
      );
    }
    const given = await readTextEmbeddings(folder, records.length, {
      rowsOf: `${basename(source)} has ${records.length} records`,
      onNote,
    });
    const names = given.fields.map(({ name }) => name);
    if (names.join() !== (texts as string[]).join()) {
      throw new DataError(
        `${folder} holds ${names.join(", ")}, but the run was trained on ${(texts as string[]).join(", ")}.`,
      );
    }
    if (given.dimension !== textDimension) {
      throw new ShapeError(`${folder} has ${given.dimension} columns, but the run was trained on ${textDimension}.`);
    }
    return given;
  }
}

/** Writes what the network saw as `metric.npy` and `text.npy`, a row a record, to repeat its scores elsewhere. */
export async function saveFeatures(folder: string, { texts, textDimension, metrics, rows }: Features): Promise<void> {
  const count = rows.text.length;
  const gathered = new Float32Array(count * metrics.dimension);
  rows.metric.forEach((metric, row) => gathered.set(metrics.row(metric), row * metrics.dimension));
  await fillFolder(folder, async () => {
    await writeNpy(join(folder, "metric.npy"), gathered, [count, metrics.dimension]);
    await writeNpy(join(folder, "text.npy"), texts, [count, textDimension]);
  });
}

/** Writes a network's weights as a safetensors file that PyTorch opens. */
export async function saveModel(path: string, network: BilinearNetwork): Promise<void> {
  const tensors = [...await network.stateDict()].map(([name, { shape, data }]) =>
    [name, { dtype: "F32" as const, shape, data }] as const
  );
  await writeSafetensors(path, new Map(tensors), { format: "pt" });
}
