import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { chatTexts, isMessages } from "./chat_messages.ts";
import { type Format, hasKeys, type RawRecord, type Row } from "./format.ts";
import { parsedOr } from "./json_text.ts";
import { promptOf, type PromptTexts } from "./texts.ts";

/** The metric of answers that were only compared; rows may name another. */
const preferenceMetric = "preference";

const preferenceDefinition = "How likely people are to prefer the response to another one.";

/** Scores of the answer that was preferred, of the other one, and of both where neither was. */
const won = 10, lost = 0, tied = 5;

const keys = ["chosen", "rejected"],
  arenaKeys = ["response", "conversation", "answer"].map((name) => [`${name}_a`, `${name}_b`] as const);

/**
 * Pairs of answers of which one was preferred: `chosen` and `rejected`, or battles of two models with a `winner`. Answers are
 * texts or lists of messages, with the prompt beside them or in both.
 *
 * @see Ouyang et al., "Training language models to follow instructions with human feedback" (2022); the preference data sets
 * of TRL; Anthropic's HH-RLHF, whose texts are whole conversations; Zheng et al., "Judging LLM-as-a-judge with MT-Bench and
 * Chatbot Arena" (2023)
 */
export const preferences: Format = {
  name: "preferences",
  title: "pairs of responses of which one was preferred",
  scoreRange: [lost, won],
  keys,
  fits: (row) => hasKeys(row, keys) || (sidesOf(row) !== null && winnerKeys.some((key) => Object.hasOwn(row, key))),
  records(row, place) {
    const [a, b] = hasKeys(row, keys) ? keys as [string, string] : sidesOf(row)!;
    const used = new Set([a, b, "prompt", ...winnerKeys, "winner_tie"]);
    const others = Object.fromEntries(Object.entries(row).filter(([key]) => !used.has(key)));
    return pairOf(row, [a, b], a === keys[0] ? 0 : winnerOf(row, place), others, place);
  },
};

const winnerKeys = ["winner", "winner_model_a", "winner_model_b"];

const sidesOf = (row: Row) => arenaKeys.find((keys) => hasKeys(row, keys)) ?? null;

const isOne = (value: unknown) => value === 1 || value === true || value === "1" || value === "true";

/** @returns 0 for the first, 1 for the second, null for a tie */
function winnerOf(row: Row, place: string): 0 | 1 | null {
  const { winner = isOne(row.winner_model_a) ? "a" : isOne(row.winner_model_b) ? "b" : "tie" } = row;
  const word = String(winner).toLowerCase().replace(/^(model|response|assistant)[_ ]?/, "");
  if (word === "a" || word === "1") return 0;
  if (word === "b" || word === "2") return 1;
  if (word.startsWith("tie") || word === "both" || word === "neither") return null;
  throw new DataError(`${place}: winner is ${describeValue(winner)}; model_a, model_b or tie is expected.`);
}

/** Both answers as records; those of a tie have no part in training. @param winner number of the preferred one; null for none */
function pairOf(
  row: Row,
  sides: readonly [string, string],
  winner: 0 | 1 | null,
  { metric_name = preferenceMetric, ...rest }: Row,
  place: string,
): RawRecord[] {
  const texts = sides.map((side) => textsOf(row, row[side], place)), [a, b] = texts;
  // Nobody can have preferred one of two equal answers.
  const chosen = a!.response === b!.response && a!.user_prompt === b!.user_prompt ? null : winner;
  const records = sides.map((side, i): RawRecord => ({
    place: `${place}, ${side}`,
    fields: {
      ...rest,
      metric_name,
      ...texts[i],
      score: chosen === null ? tied : chosen === i ? won : lost,
    },
    ...(metric_name === preferenceMetric ? { definition: preferenceDefinition } : {}),
    ...(chosen === null ? { unscored: true } : {}),
    pair: { name: place, chosen: chosen === null ? null : chosen === i },
  }));
  // The chosen one stands first, wherever it came from.
  return winner === 1 ? records.reverse() : records;
}

/** Prompt and answer of one side. */
function textsOf(row: Row, given: unknown, place: string): PromptTexts & { readonly response: string } {
  const side = typeof given === "string" ? parsedOr(given) : given,
    prompt = row.prompt ?? row.question ?? row.instruction;
  if (isMessages(side)) {
    const isWhole = side.some(({ role, from }) => /^(user|human)$/.test(String(role ?? from)));
    const before = isMessages(prompt) && !isWhole ? prompt : [];
    const { system_prompt, user_prompt, response } = chatTexts([...before, ...side], place);
    if (isWhole || before.length > 0) return { system_prompt, user_prompt, response };
    return { ...promptOf(prompt, place), response };
  }
  if (typeof given !== "string") {
    throw new DataError(`${place}: a response is ${describeValue(given)}; text or a list of messages is expected.`);
  }
  const [, said, answer] = prompt === undefined ? /^([^]*)\n\nAssistant:\s*([^]*)$/.exec(given) ?? [] : [];
  if (answer === undefined) return { ...promptOf(prompt, place), response: given };
  const alone = /^\s*Human:\s*((?:(?!\n\n(?:Human|Assistant):)[^])*)$/.exec(said!);
  return { system_prompt: null, user_prompt: alone ? alone[1]! : said!.trim(), response: answer };
}
