import { describeValue } from "../../engine/files/describe_value.ts";
import { MetrogradError } from "../../kernels/errors.ts";

type Values = Readonly<Record<string, unknown>>;

/** What a field has to be: a test, and the words for it. */
type Rule = readonly [accepts: (value: unknown, part: Values) => boolean, what: string];

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isToken = (value: unknown) => Array.isArray(value) && value.length === 2 && isText(value[0]) && isCount(value[1]);
const isPattern = (value: unknown) =>
  isObject(value) && Object.keys(value).length === 1 && (isText(value.String) || isText(value.Regex));

const optional = ([accepts, what]: Rule): Rule => [
  (value, part) => value === undefined || value === null || accepts(value, part),
  `${what} or null`,
];
const flag = optional([(value) => typeof value === "boolean", "true, false"]);
const text: Rule = [isText, "text"];
const pattern: Rule = [isPattern, "a String or a Regex"];
const character: Rule = [(value) => isText(value) && [...value].length === 1, "one character"];
const token: Rule = [isToken, "a token and its number"];
const vocabulary: Rule = [(value) => isObject(value) && Object.values(value).every(isCount), "an object of numbers"];
const pieces: Rule = [
  (value) =>
    Array.isArray(value) && value.length > 0 &&
    value.every((one) => Array.isArray(one) && one.length === 2 && isText(one[0]) && Number.isFinite(one[1])),
  "a list of pieces with their log probabilities",
];
const merges: Rule = [
  (value) =>
    Array.isArray(value) &&
    value.every((one) => {
      const pair = isText(one) ? one.split(" ") : one;
      return Array.isArray(pair) && pair.length === 2 && pair.every((part) => isText(part) && part !== "");
    }),
  "a list of pairs of pieces",
];
const template: Rule = [
  (value, { special_tokens: known }) =>
    Array.isArray(value) && value.filter((one) => isObject(one) && isObject(one.Sequence)).length === 1 &&
    value.every((one) =>
      isObject(one) && Object.keys(one).length === 1 && (isObject(one.Sequence) ||
        isObject(one.SpecialToken) && isText(one.SpecialToken.id) && isObject(known) &&
          Object.hasOwn(known, one.SpecialToken.id))
    ),
  "a list of special tokens that special_tokens has, and one sequence",
];
const specialTokens: Rule = [
  (value) =>
    isObject(value) &&
    Object.values(value).every((one) => isObject(one) && Array.isArray(one.ids) && one.ids.every(isCount)),
  "an object of tokens with their ids",
];

type PartRules = Readonly<Record<string, Rule>>;

/** The fields of a part by its type; types that are missing here have none that matter. */
const rules: ReadonlyMap<unknown, PartRules> = new Map(Object.entries<PartRules>({
  BertNormalizer: { clean_text: flag, handle_chinese_chars: flag, strip_accents: flag, lowercase: flag },
  Strip: { strip_left: flag, strip_right: flag },
  Replace: { pattern, content: text },
  Prepend: { prepend: text },
  Precompiled: { precompiled_charsmap: optional(text) },
  Digits: { individual_digits: flag },
  CharDelimiterSplit: { delimiter: character },
  Split: { pattern, behavior: text, invert: flag },
  FixedLength: { length: optional([(value) => isCount(value) && value > 0, "a positive integer"]) },
  Metaspace: {
    replacement: optional(character),
    add_prefix_space: flag,
    prepend_scheme: optional([
      (value) => ["always", "first", "never"].includes(value as string),
      "always, first, never",
    ]),
    split: flag,
  },
  ByteLevel: { add_prefix_space: flag, trim_offsets: flag, use_regex: flag },
  BertProcessing: { cls: token, sep: token },
  RobertaProcessing: { cls: token, sep: token },
  TemplateProcessing: { special_tokens: specialTokens, single: template },
  WordPiece: {
    vocab: vocabulary,
    unk_token: text,
    continuing_subword_prefix: optional(text),
    max_input_chars_per_word: optional([isCount, "a count"]),
  },
  WordLevel: { vocab: vocabulary, unk_token: optional(text) },
  Unigram: {
    vocab: pieces,
    unk_id: optional([
      (value, { vocab }) => isCount(value) && value < (vocab as unknown[]).length,
      "the number of a piece",
    ]),
    byte_fallback: flag,
  },
  BPE: {
    vocab: vocabulary,
    merges,
    unk_token: optional(text),
    continuing_subword_prefix: optional(text),
    end_of_word_suffix: optional(text),
    fuse_unk: flag,
    byte_fallback: flag,
    ignore_merges: flag,
  },
}));
const addedToken: Readonly<Record<string, Rule>> = {
  // Whether it is a row of the encoder is checked with all other tokens.
  id: [Number.isFinite, "a number"],
  content: [(value) => isText(value) && value !== "", "text"],
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: flag,
  special: flag,
};

/** The parts of a tokenizer, and what a sequence of them is called. */
const parts = [
  ["normalizer", "normalizers"],
  ["pre_tokenizer", "pretokenizers"],
  ["post_processor", "processors"],
] as const;

/**
 * Checks that the parts of a `tokenizer.json` hold what their types need, since the parts themselves take what they are
 * given. Types that are not known are refused where parts are made.
 *
 * @throws MetrogradError naming the part, the field, what is expected and what was found; without a full stop
 */
export function checkParts(json: Values): void {
  const { model, added_tokens: added = [] } = json;
  if (!isObject(model)) throw refusal("model", model, "an object");
  checkFields("model", model, rules.get(model.type ?? typeOf(model)));
  if (added !== null && !Array.isArray(added)) throw refusal("added_tokens", added, "a list");
  (added ?? []).forEach((token: unknown, i: number) => {
    if (!isObject(token)) throw refusal(`added_tokens[${i}]`, token, "an object");
    checkFields(`added_tokens[${i}]`, token, addedToken);
  });
  for (const [name, list] of parts) checkPart(name, json[name], list);
}

/** The type of a model in older files, which do not name it. */
function typeOf({ vocab, merges, continuing_subword_prefix: prefix }: Values): string {
  return Array.isArray(vocab)
    ? "Unigram"
    : merges !== undefined
    ? "BPE"
    : prefix === undefined
    ? "WordLevel"
    : "WordPiece";
}

function checkPart(place: string, part: unknown, list: string): void {
  if (part === undefined || part === null) return;
  if (!isObject(part)) throw refusal(place, part, "an object or null");
  if (!isText(part.type)) throw refusal(`${place}.type`, part.type, "the name of a type");
  if (part.type !== "Sequence") return checkFields(place, part, rules.get(part.type));
  const inner = part[list];
  if (!Array.isArray(inner)) throw refusal(`${place}.${list}`, inner, "a list");
  inner.forEach((one, i) => {
    if (!isObject(one)) throw refusal(`${place}.${list}[${i}]`, one, "an object");
    checkPart(`${place}.${list}[${i}]`, one, list);
  });
}

function checkFields(place: string, part: Values, fields: Readonly<Record<string, Rule>> = {}): void {
  for (const [name, [accepts, what]] of Object.entries(fields)) {
    const value = Object.hasOwn(part, name) ? part[name] : undefined;
    if (!accepts(value, part)) throw refusal(`${place}.${name}`, value, what);
  }
}

function refusal(place: string, value: unknown, what: string): MetrogradError {
  return new MetrogradError(`${place} is ${describeValue(value)}, and ${what} is expected`);
}
