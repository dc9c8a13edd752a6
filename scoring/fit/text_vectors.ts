import type { TextTable } from "../../data/texts/text_layout.ts";
import { type Matrix, rowOf, zeros } from "../../recipes/classical/matrix.ts";
import { columnGram } from "../../recipes/classical/ridge.ts";

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
  private constructor(
    /** Mean over the rows, [dimension]. */
    readonly center: Float64Array,
    /** Centred rows, [rows, dimension]. */
    readonly x: Matrix<Float64Array>,
    /** XᵀX, its lower triangle, [dimension, dimension]. */
    readonly gram: Float64Array,
  ) {}

  /** The vectors of rows. @param text number of each row's text */
  static of(texts: TextTable, text: ArrayLike<number>): TextVectors {
    const x = zeros(text.length, texts.dimension), center = new Float64Array(texts.dimension);
    for (let i = 0; i < text.length; i++) {
      const row = textVector(texts, text[i]!);
      x.data.set(row, i * x.columns);
      for (let j = 0; j < row.length; j++) center[j]! += row[j]! / text.length;
    }
    for (let at = 0; at < x.data.length; at++) x.data[at]! -= center[at % x.columns]!;
    return new TextVectors(center, x, columnGram(x));
  }

  /** Mean squared length of the centred rows. */
  get variance(): number {
    let trace = 0;
    for (let j = 0; j < this.x.columns; j++) trace += this.gram[j * this.x.columns + j]!;
    return trace / this.x.rows;
  }

  /** XᵀX without some of the rows. */
  gramWithout(rows: readonly number[]): Float64Array {
    const left = zeros(rows.length, this.x.columns);
    rows.forEach((row, i) => left.data.set(rowOf(this.x, row), i * left.columns));
    const lost = columnGram(left);
    return this.gram.map((product, at) => product - lost[at]!);
  }

  /** Sums of the centred rows of each metric, [metrics, dimension]. @param without rows that are left out */
  sums(metric: ArrayLike<number>, metrics: number, without: ReadonlySet<number> = new Set()): Matrix<Float64Array> {
    const sums = zeros(metrics, this.x.columns);
    for (let i = 0; i < this.x.rows; i++) {
      if (without.has(i)) continue;
      const row = rowOf(this.x, i), sum = rowOf(sums, metric[i]!);
      for (let j = 0; j < row.length; j++) sum[j]! += row[j]!;
    }
    return sums;
  }
}
