import { createHash } from "node:crypto";
import { pause } from "../../../data/files/stream/pause.ts";
import { nameData } from "../../../data/files/data_paths.ts";
import type { NoteTaker } from "../../../data/note_taker.ts";
import { readRecordPieces } from "../../../data/record_blocks.ts";
import { describeUnusedRange, type MetricRecord, type RecordSet } from "../../../data/records.ts";
import type { ScoreRange } from "../../../data/scores.ts";
import { textKey } from "../../../data/split.ts";
import { withoutSystemStopWords } from "../../../data/texts/stop_words.ts";
import { DataError } from "../../../kernels/errors.ts";
import type { TrainFiles } from "../../train_request.ts";

/** Fields of a record that are texts, as `--group-by` names them. */
const textNames = ["system_prompt", "user_prompt", "response"];
/** Of a digest, 72 bits in base64. Texts that are no longer stay as they are. */
const digestBytes = 9, digestCharacters = 12;

/** What becomes of records as they are read. */
export interface LeanOptions {
  readonly fixTexts: boolean;
  /** Field that records are grouped by; no other is kept. */
  readonly groupBy: string | null;
  readonly dropStopWords: boolean;
  readonly onNote: NoteTaker;
  /** Told how many bytes were read, and of how many; null where that is not known. */
  readonly onBytes: (read: number, of: number | null) => void;
}

/**
 * Reads records without their texts, of which a digest is kept: it tells which are equal and which are missing, all that a
 * run asks of them once there are embeddings. About 300 bytes a record are held.
 *
 * @throws DataError as `readRecordSet` does
 */
export async function readLeanRecords(
  { data, reading }: TrainFiles,
  { fixTexts, groupBy, dropStopWords, onNote, onBytes }: LeanOptions,
): Promise<RecordSet> {
  const records: MetricRecord[] = [], fixed: number[] = [], definitions = new Map<string, string>();
  const metrics = new Map<string, string>(), none = {};
  let range: ScoreRange | null = null;
  const textsOf = textNames.some((name) => name === groupBy) ? eachText : allTexts;
  const lean = (record: MetricRecord): MetricRecord => {
    const { metric, score, pair } = record, { systemPrompt, userPrompt, response } = textsOf(record);
    const isGrouped = groupBy !== null && Object.hasOwn(record.extra, groupBy);
    const extra = isGrouped ? { [groupBy]: valueOf(record.extra[groupBy]) } : none;
    const one = { metric: known(metrics, metric), systemPrompt, userPrompt, response, score, extra };
    return pair ? { ...one, pair } : one;
  };
  const options = { scores: "optional", fixTexts, reading, onNote, onBytes } as const;
  for await (const piece of readRecordPieces(data, options)) {
    if (piece === pause) continue;
    if (range && piece.scoreRange.join() !== range.join()) {
      throw new DataError(
        `${nameData(data)} has scores from ${range.join(" to ")} and from ${
          piece.scoreRange.join(" to ")
        }; one scale, ` +
          "or --score-range, is expected.",
      );
    }
    range = piece.scoreRange;
    for (const [name, text] of piece.definitions) definitions.set(name, text);
    for (const row of piece.fixed) fixed.push(records.length + row);
    for (const record of dropStopWords ? withoutSystemStopWords(piece.records) : piece.records) {
      records.push(lean(record));
    }
  }
  const unused = reading?.scoreRange ? describeUnusedRange(records, nameData(data), range!) : null;
  if (unused !== null) onNote(unused);
  return { records, scoreRange: range!, definitions, damaged: false, fixed };
}

/** The one copy of a name that many records share. */
function known(names: Map<string, string>, name: string): string {
  const found = names.get(name);
  if (found === undefined) names.set(name, name);
  return found ?? name;
}

type Texts = Pick<MetricRecord, "systemPrompt" | "userPrompt" | "response">;

/** Digests of the texts, where records may be grouped by one of them. */
const eachText = ({ systemPrompt, userPrompt, response }: Texts): Texts => ({
  systemPrompt: systemPrompt === null ? null : digestOf(systemPrompt),
  userPrompt: digestOf(userPrompt),
  response: digestOf(response),
});

/** One digest of all texts, in place of the response, or of the prompt where there is none. */
function allTexts(texts: Texts): Texts {
  const whole = digestOf(textKey(texts)), isThere = (text: string) => text.trim() !== "";
  const response = isThere(texts.response) ? whole : "";
  return { systemPrompt: null, userPrompt: response === "" && isThere(texts.userPrompt) ? whole : "", response };
}

const valueOf = (value: unknown) => typeof value === "string" ? digestOf(value) : value;

function digestOf(text: string): string {
  // Only space counts as missing.
  if (text.trim() === "") return "";
  if (text.length <= digestCharacters) return text;
  return createHash("sha256").update(text).digest().subarray(0, digestBytes).toString("base64");
}
