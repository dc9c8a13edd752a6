import { layOutTexts, type TextLayout, type TextTable } from "../texts/text_layout.ts";
import { EmbeddingRows } from "./embedding_rows.ts";

/** How the rows of a folder of embeddings are cut into blocks. */
export interface BlockSizes {
  /** Rows of the files. */
  readonly rows: number;
  /** Rows of a block; the last one may have fewer. */
  readonly blockRows: number;
  /** Blocks whose rows are shuffled together. */
  readonly windowBlocks: number;
}

/** How the fields of a folder are laid out in a row; see `layOutTexts`. */
export interface BlockLayout {
  readonly layout: TextLayout;
  readonly whole: boolean;
}

/** Embeddings of texts that stay on disk and are read in blocks of rows that follow each other. */
export class TextBlocks {
  /**
   * Names a folder; its files are opened for each block anew, so that nothing has to be closed.
   *
   * @param rows row of the files that each text is in, [texts]
   */
  constructor(
    readonly folder: string,
    readonly rows: Uint32Array,
    readonly sizes: BlockSizes,
    readonly shape: BlockLayout,
  ) {}

  /** How many blocks there are. */
  get count(): number {
    return Math.ceil(this.sizes.rows / this.sizes.blockRows);
  }

  /** The block that a text is in. */
  blockOf(text: number): number {
    return Math.floor(this.rows[text]! / this.sizes.blockRows);
  }

  /** Row of a text in its block. */
  rowInBlock(text: number): number {
    return this.rows[text]! % this.sizes.blockRows;
  }

  /**
   * Reads a block, [rows, fields x dimension].
   *
   * @throws DataError naming the file when it is missing, damaged or shorter than it was, or a value is not finite
   */
  async read(block: number): Promise<TextTable> {
    const { folder, sizes: { rows, blockRows }, shape: { layout, whole } } = this;
    using files = await EmbeddingRows.open(folder);
    const first = block * blockRows;
    const embeddings = await files.read(first, Math.min(blockRows, rows - first));
    return layOutTexts(embeddings, layout, folder, { whole, open: true });
  }
}
