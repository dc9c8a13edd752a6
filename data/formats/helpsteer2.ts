import { type Format, hasKeys } from "./format.ts";
import { scored } from "./texts.ts";

const attributes = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"];
const keys = ["prompt", "response", ...attributes];

/** A prompt, a response and five attributes. @see Wang et al., "HelpSteer2: Open-source dataset for training top-performing reward models" (2024) */
export const helpSteer2: Format = {
  name: "helpsteer2",
  title: "HelpSteer2",
  scoreRange: [0, 4],
  keys,
  fits: (row) => hasKeys(row, keys),
  records(row, place) {
    const rest = Object.fromEntries(Object.entries(row).filter(([key]) => !attributes.includes(key)));
    return scored(rest, attributes.map((name) => [name, row[name]]), place);
  },
};
