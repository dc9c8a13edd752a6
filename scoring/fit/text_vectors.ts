import type { OnDone } from "../../data/observer.ts";
import type { TextTable } from "../../data/texts/text_layout.ts";
import { addScaled, type Matrix, rowOf, zeros } from "../../recipes/classical/matrix.ts";
import { productsOfParts, sharedZeros } from "./products.ts";

/** The embedding of a record's texts: the mean over those of its fields that are not empty. */
export function textVector({ data, fields, dimension }: TextTable, record: number): Float64Array {
  const mean = new Float64Array(dimension);
  let present = 0;
  for (let field = record * fields; field < (record + 1) * fields; field++) {
    const at = field * dimension;
    let isEmpty = fields > 1;
    for (let j = 0; isEmpty && j < dimension; j++) isEmpty = data[at + j] === 0;
    if (isEmpty) continue;
    present++;
    for (let j = 0; j < dimension; j++) mean[j]! += data[at + j]!;
  }
  if (present > 1) { for (let j = 0; j < dimension; j++) mean[j]! /= present; }
  return mean;
}

/** Embeddings of the texts of some rows around their mean, with the products that the experts on embeddings share. */
export class TextVectors {
  /** XᵀX of parts of the rows that are left out in turn. */
  readonly #parts: ReadonlyMap<readonly number[], Float64Array>;

  private constructor(
    /** Mean over the rows, [dimension]. */
    readonly center: Float64Array,
    /** Centred rows, [rows, dimension]. */
    readonly x: Matrix<Float64Array>,
    /** XᵀX, its lower triangle, [dimension, dimension]. */
    readonly gram: Float64Array,
    parts: ReadonlyMap<readonly number[], Float64Array>,
  ) {
    this.#parts = parts;
  }

  /**
   * The vectors of rows.
   *
   * @param text number of each row's text
   * @param parts rows that will be left out in turn, none in two parts: their products are kept
   * @param onRows awaited whenever products of some rows are done
   */
  static async of(
    texts: TextTable,
    text: ArrayLike<number>,
    parts: readonly (readonly number[])[] = [],
    onRows?: OnDone,
  ): Promise<TextVectors> {
    const x = sharedZeros(text.length, texts.dimension), center = new Float64Array(texts.dimension);
    for (let i = 0; i < text.length; i++) {
      const row = textVector(texts, text[i]!);
      x.data.set(row, i * x.columns);
      addScaled(center, 1 / text.length, row);
    }
    for (let i = 0; i < x.rows; i++) addScaled(rowOf(x, i), -1, center);
    const inParts = new Set(parts.flat()), others = [...new Array(x.rows).keys()].filter((row) => !inParts.has(row));
    const products = await productsOfParts(x, [others, ...parts], onRows);
    const gram = new Float64Array(x.columns ** 2);
    for (const one of products) addScaled(gram, 1, one);
    return new TextVectors(center, x, gram, new Map(parts.map((rows, i) => [rows, products[i + 1]!])));
  }

  /** Mean squared length of the centred rows. */
  get variance(): number {
    let trace = 0;
    for (let j = 0; j < this.x.columns; j++) trace += this.gram[j * this.x.columns + j]!;
    return trace / this.x.rows;
  }

  /** XᵀX without some of the rows. @param onRows awaited whenever products of some of them are done */
  async gramWithout(rows: readonly number[], onRows?: OnDone): Promise<Float64Array> {
    const gram = this.gram.slice();
    if (rows.length === 0) return gram;
    const lost = this.#parts.get(rows) ?? (await productsOfParts(this.x, [rows], onRows))[0]!;
    addScaled(gram, -1, lost);
    return gram;
  }

  /** Sums of the centred rows of each metric, [metrics, dimension]. @param without rows that are left out */
  sums(metric: ArrayLike<number>, metrics: number, without: ReadonlySet<number> = new Set()): Matrix<Float64Array> {
    const sums = zeros(metrics, this.x.columns);
    for (let i = 0; i < this.x.rows; i++) {
      if (without.has(i)) continue;
      addScaled(rowOf(sums, metric[i]!), 1, rowOf(this.x, i));
    }
    return sums;
  }
}
