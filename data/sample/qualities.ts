/** What a sentence of a response can be; `echo` copies a sentence of the prompt. */
export type Move = "answer" | "vague" | "rude" | "refusal" | "echo";

/** One way an answer can turn out: how often, how it reads, and what it takes from the planted value. */
export interface Quality {
  readonly name: string;
  /** Probability of this quality. */
  readonly share: number;
  /** Added to the planted value, on the scale of the scores. */
  readonly effect: number;
  /** Families where the effect is multiplied: some metrics care more, and a refusal can be what they ask for. */
  readonly weighedBy: Readonly<Record<string, number>>;
  /** Median number of sentences of the response. */
  readonly sentences: number;
  /** The move of the first sentence, where it is certain. */
  readonly opening?: Move;
  /** Probability of each move, for every other sentence of the response on its own. */
  readonly moves: Readonly<Record<Move, number>>;
  /** Probability that the last sentence of several is a closing one. */
  readonly closing: number;
  /** Probability that the response is in another language than the prompt. */
  readonly otherLanguage: number;
  /** Whether the second half of the response goes over to another family. */
  readonly drifts: boolean;
}

const plain: Omit<Quality, "name" | "share" | "effect" | "weighedBy"> = {
  sentences: 5,
  moves: { answer: 0.92, vague: 0.05, rude: 0.003, refusal: 0.012, echo: 0.015 },
  closing: 0.5,
  otherLanguage: 0.02,
  drifts: false,
};

const cares = (...families: string[]) => Object.fromEntries(families.map((family) => [family, 1.6]));
const rightly = (...families: string[]) => Object.fromEntries(families.map((family) => [family, -0.3]));

/**
 * Probability of each move at a place of a response; `closing` comes beside the moves.
 *
 * @param index place of the sentence, from 0
 * @param count number of sentences of the response
 */
export function movesAt(quality: Quality, index: number, count: number): Record<Move | "closing", number> {
  const closing = index > 0 && index === count - 1 ? quality.closing : 0;
  const at = (move: Move) => {
    if (index === 0 && quality.opening !== undefined) return move === quality.opening ? 1 : 0;
    return (1 - closing) * quality.moves[move];
  };
  return {
    answer: at("answer"),
    vague: at("vague"),
    rude: at("rude"),
    refusal: at("refusal"),
    echo: at("echo"),
    closing,
  };
}

/** The mix of answers. Signatures overlap: a good answer has a vague sentence now and then, too. */
export const QUALITIES: readonly Quality[] = [
  { ...plain, name: "complete", share: 0.64, effect: 0, weighedBy: {} },
  {
    ...plain,
    name: "short",
    share: 0.08,
    effect: -0.5,
    weighedBy: cares("explanation", "task", "intent"),
    sentences: 1.5,
    closing: 0.15,
  },
  {
    ...plain,
    name: "vague",
    share: 0.07,
    effect: -1.1,
    weighedBy: cares("relevance", "explanation", "truthfulness"),
    opening: "vague",
    moves: { answer: 0.67, vague: 0.3, rude: 0.003, refusal: 0.012, echo: 0.015 },
    closing: 0.3,
  },
  {
    ...plain,
    name: "rude",
    share: 0.03,
    effect: -1.9,
    weighedBy: cares("toxicity", "bias", "inclusion"),
    moves: { answer: 0.68, vague: 0.08, rude: 0.21, refusal: 0.015, echo: 0.015 },
    closing: 0.2,
  },
  {
    ...plain,
    name: "wrong language",
    share: 0.04,
    effect: -1.7,
    weighedBy: cares("multilingual", "transliteration", "indian_fluency", "regional"),
    otherLanguage: 1,
  },
  {
    ...plain,
    name: "off the topic half-way",
    share: 0.06,
    effect: -1.6,
    weighedBy: cares("topic_drift", "coherence", "logic_flow", "scope"),
    drifts: true,
  },
  {
    ...plain,
    name: "refuses",
    share: 0.04,
    effect: -1.5,
    weighedBy: rightly("jailbreak", "harmful_inputs", "misuse", "leakage", "content_filter"),
    sentences: 2.5,
    opening: "refusal",
    moves: { answer: 0.45, vague: 0.08, rude: 0.003, refusal: 0.452, echo: 0.015 },
    closing: 0.15,
  },
  {
    ...plain,
    name: "repeats the question",
    share: 0.04,
    effect: -1.3,
    weighedBy: cares("lexical", "task"),
    opening: "echo",
    moves: { answer: 0.655, vague: 0.08, rude: 0.003, refusal: 0.012, echo: 0.25 },
    closing: 0.3,
  },
];
