import type { Embeddings } from "../../data/pairs/feature_tables.ts";
import type { OnDone } from "../../data/observer.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { TextTable } from "../../data/texts/text_layout.ts";
import { LexicalModel } from "../../recipes/features/lexical.ts";
import { noStatistics, recordStatistics } from "../../recipes/features/record_statistics.ts";
import { type Asked, askThread } from "../../scoring/ask_thread.ts";

/** Texts of more bytes are not copied to a thread; they are measured when they are asked for. */
const mostBytes = 2 ** 26;

/** Fewer characters are measured in less time than a thread takes to start. */
const leastCharacters = 2 ** 15;

/** Texts to measure. */
export interface MeasureRequest {
  /** All records. */
  readonly records: readonly MetricRecord[];
  /** Numbers of those that words are counted in. */
  readonly train: Uint32Array<ArrayBuffer>;
  /** A row each of the records. */
  readonly texts: TextTable;
}

/** What is known of texts besides their vectors: lengths, scripts, rare words. */
export interface TextMeasures {
  readonly statistics: Embeddings;
  /** How rare words are in the train texts; null where no statistics are wanted. */
  readonly lexical: LexicalModel | null;
}

/** What a thread sends of them. */
export interface MeasureReply {
  readonly statistics: Embeddings;
  readonly lexical: ReturnType<LexicalModel["state"]>;
}

/** Measures texts besides their vectors. @param onDone awaited whenever some are measured */
export async function measureTexts({ records, train, texts }: MeasureRequest, onDone?: OnDone): Promise<TextMeasures> {
  const lexical = await LexicalModel.fit(Array.from(train, (row) => records[row]!));
  return { statistics: await recordStatistics(records, texts, lexical, onDone), lexical };
}

/**
 * `measureTexts` in a thread of its own, beside other work; the same bits. Few texts are measured when they are asked for,
 * without a thread. Disposal ends the thread.
 */
export class MeasuresApart implements Disposable {
  readonly #request: MeasureRequest;
  readonly #isWanted: boolean;
  readonly #asked: Asked<MeasureReply> | null;

  /** Begins to measure. @param isWanted false leaves all statistics 0 */
  constructor(request: MeasureRequest, isWanted: boolean) {
    this.#request = request;
    this.#isWanted = isWanted;
    const { records, texts } = request;
    const characters = records.reduce((sum, one) => sum + one.userPrompt.length + one.response.length, 0);
    const bytes = texts.data.byteLength + 2 * characters;
    this.#asked = isWanted && characters >= leastCharacters && bytes <= mostBytes
      ? askThread(new URL("./measure_thread.ts", import.meta.url), { ...request, records: records.map(textsAlone) })
      : null;
  }

  /** What was measured. @param onDone awaited whenever some texts are measured, where no thread does it */
  async measured(onDone?: OnDone): Promise<TextMeasures> {
    if (!this.#isWanted) return { statistics: noStatistics(this.#request.records.length), lexical: null };
    if (!this.#asked) return await measureTexts(this.#request, onDone);
    const { statistics, lexical } = await this.#asked.reply;
    return { statistics, lexical: LexicalModel.fromState(lexical) };
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#asked?.[Symbol.dispose]();
  }
}

/** A record without fields of the user's own, which may be large. */
function textsAlone({ metric, systemPrompt, userPrompt, response }: MetricRecord): MetricRecord {
  return { metric, systemPrompt, userPrompt, response, score: null, extra: {} };
}
